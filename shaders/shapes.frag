/* SPDX-License-Identifier: MIT */
#version 450
#extension GL_GOOGLE_include_directive : require
#include "coverage.glsl"

layout(location = 0) flat in uvec4 in_a;
layout(location = 1) flat in vec4 in_b;
layout(location = 2) flat in vec2 in_c;
layout(location = 3) flat in uvec4 in_d;
layout(location = 0) out vec4 out_color;

void main()
{
	ivec2 pixel = ivec2(gl_FragCoord.xy);
	uint kind = in_a.z & 0xffu;
	if (kind == KIND_GLYPH)
		out_color = premultiplied(in_a.w) * glyph_coverage(pixel, in_d);
	else if (kind == KIND_BOX)
		out_color = premultiplied(in_a.w) * plain_coverage(gl_FragCoord.xy, in_b);
	else if (kind == KIND_SOLID)
		out_color = premultiplied(in_a.w);
	else if (kind == KIND_EDGES)
		out_color = premultiplied(in_a.w) * edges_coverage(pixel, in_d.y, in_d.z);
	else
		out_color = rich_color(gl_FragCoord.xy, in_a.z, in_a.w, in_b, vec4(in_c, 0.0, 0.0), in_d.x);
}
