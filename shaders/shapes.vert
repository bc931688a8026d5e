/* SPDX-License-Identifier: MIT */
#version 450
#extension GL_GOOGLE_include_directive : require
#include "coverage.glsl"

layout(push_constant) uniform Canvas { vec2 pixel; } canvas; /* size of one in clip space */
layout(location = 0) flat out uvec4 out_a;
layout(location = 1) flat out vec4 out_b;
layout(location = 2) flat out vec2 out_c;
layout(location = 3) flat out uvec4 out_d;

void main()
{
	/* Two triangles each, in one list: llvmpipe takes a microsecond for each instance of a draw. */
	Instance i = instance[gl_VertexIndex / 6];
	uint at = 0xda4u >> uint(gl_VertexIndex % 6 * 2); /* corners 0 1 2, 2 1 3 */
	vec2 corner = vec2((at & 1u) == 0u ? i.a.x & 0xffffu : i.a.y & 0xffffu,
		(at & 2u) == 0u ? i.a.x >> 16 : i.a.y >> 16);
	gl_Position = vec4(corner * canvas.pixel - 1.0, 0.0, 1.0);
	out_a = i.a;
	out_b = i.b;
	out_c = i.c.xy;
	out_d = i.d;
}
