/* SPDX-License-Identifier: MIT */
/* The second back end: a group paints a tile of 16 x 16 pixels of the canvas, with the instances that the host
 * found to touch it, in their order, in registers. */
#version 450
#extension GL_GOOGLE_include_directive : require
#include "coverage.glsl"

layout(local_size_x = 16, local_size_y = 16) in;

struct Tile {
	uint at;             /* x | y << 16: its number */
	uint low, high;      /* x | y << 16: pixels to paint, of the canvas */
	uint first, n;       /* references */
	uint clear;          /* color, when its opacity is not 0 */
};
layout(std430, set = 0, binding = 3) readonly buffer Tiles { Tile tile[]; };
layout(std430, set = 0, binding = 4) readonly buffer References { uint reference[]; };
layout(set = 2, binding = 0, rgba8) uniform image2D canvas;
layout(push_constant) uniform Dispatch { uint first_tile, n_tiles, row, reserved; } dispatch;

void main()
{
	uint number = gl_WorkGroupID.y * dispatch.row + gl_WorkGroupID.x;
	if (number >= dispatch.n_tiles)
		return;
	Tile t = tile[dispatch.first_tile + number];
	uvec2 pixel = uvec2(t.at & 0xffffu, t.at >> 16) * 16u + gl_LocalInvocationID.xy;
	if (any(lessThan(pixel, uvec2(t.low & 0xffffu, t.low >> 16))) ||
		any(greaterThanEqual(pixel, uvec2(t.high & 0xffffu, t.high >> 16))))
		return;
	vec4 color = t.clear != 0u ? premultiplied(t.clear) : imageLoad(canvas, ivec2(pixel));
	for (uint r = 0u; r < t.n; r++) {
		Instance i = instance[reference[t.first + r]];
		uvec2 low = uvec2(i.a.x & 0xffffu, i.a.x >> 16), high = uvec2(i.a.y & 0xffffu, i.a.y >> 16);
		if (any(lessThan(pixel, low)) || any(greaterThanEqual(pixel, high)))
			continue;
		uint kind = i.a.z & 0xffu;
		vec4 over;
		if (kind == KIND_BOX)
			over = premultiplied(i.a.w) * plain_coverage(vec2(pixel) + 0.5, i.b);
		else if (kind == KIND_SOLID)
			over = premultiplied(i.a.w);
		else if (kind == KIND_RICH)
			over = rich_color(vec2(pixel) + 0.5, i.a.z, i.a.w, i.b, i.c, i.d.x);
		else if (kind == KIND_GLYPH)
			over = premultiplied(i.a.w) * glyph_coverage(ivec2(pixel), i.d);
		else if (kind == KIND_EDGES)
			over = premultiplied(i.a.w) * edges_coverage(ivec2(pixel), i.d.y, i.d.z);
		else
			over = picture_color(ivec2(pixel), i.b, i.d) * (float(i.a.w >> 24) / 255.0);
		color = over + color * (1.0 - over.a);
	}
	imageStore(canvas, ivec2(pixel), color);
}
