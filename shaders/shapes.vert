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
	Instance i = instance[gl_InstanceIndex];
	vec2 corner = vec2((gl_VertexIndex & 1) == 0 ? i.a.x & 0xffffu : i.a.y & 0xffffu,
		(gl_VertexIndex & 2) == 0 ? i.a.x >> 16 : i.a.y >> 16);
	gl_Position = vec4(corner * canvas.pixel - 1.0, 0.0, 1.0);
	out_a = i.a;
	out_b = i.b;
	out_c = i.c.xy;
	out_d = i.d;
}
