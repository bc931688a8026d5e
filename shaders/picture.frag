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
	out_color = picture_color(ivec2(gl_FragCoord.xy), in_b, in_d) * (float(in_a.w >> 24) / 255.0);
}
