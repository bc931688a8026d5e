/* SPDX-License-Identifier: MIT */
/* What an instance covers of a pixel, and its colour there: shared by both back ends, so that they give one picture.
 * Colours are mixed as sRGB numbers, premultiplied: as Cairo and the web do, and as themes are chosen by eye. */

#define KIND_BOX 1u     /* b: edges x0 y0 x1 y1 */
#define KIND_RICH 5u    /* a box; c: radius, border; d: color2 */
#define KIND_SOLID 6u   /* all of its pixels */
#define KIND_GLYPH 2u   /* d: color2, first byte, width, left | top << 16 */
#define KIND_EDGES 3u   /* d: -, first edge, how many */
#define KIND_PICTURE 4u /* b: left, top, width, height on the canvas; d: -, width, height of the picture */
#define FLAG_GRADIENT 0x100u

struct Instance {
	uvec4 a; /* x0 | y0 << 16, x1 | y1 << 16: pixels it may touch; kind | flags; color */
	vec4 b, c;
	uvec4 d;
};
layout(std430, set = 0, binding = 0) readonly buffer Instances { Instance instance[]; };
layout(std430, set = 0, binding = 1) readonly buffer Edges { vec4 edge[]; };
layout(std430, set = 0, binding = 2) readonly buffer Atlas { uint atlas[]; };
layout(std430, set = 1, binding = 0) readonly buffer Picture { uint texel[]; };

vec4 premultiplied(uint color)
{
	vec4 c = unpackUnorm4x8(color);
	return vec4(c.rgb * c.a, c.a);
}

/* Share of the pixel whose middle is p that lies in a box. */
float plain_coverage(vec2 p, vec4 box)
{
	vec2 inside = clamp(min(p + 0.5, box.zw) - max(p - 0.5, box.xy), 0.0, 1.0);
	return inside.x * inside.y;
}

/* With rounded corners. */
float box_coverage(vec2 p, vec4 box, float radius)
{
	float cover = plain_coverage(p, box);
	if (radius > 0.0) {
		vec2 half_size = 0.5 * (box.zw - box.xy);
		vec2 q = abs(p - box.xy - half_size) - half_size + radius;
		if (q.x > 0.0 && q.y > 0.0)
			cover = min(cover, clamp(radius + 0.5 - length(q), 0.0, 1.0));
	}
	return cover;
}

vec4 rich_color(vec2 p, uint kind, uint color, vec4 box, vec4 c, uint color2)
{
	float cover = box_coverage(p, box, c.x);
	if ((kind & FLAG_GRADIENT) != 0u) {
		float t = clamp((p.y - box.y) / max(box.w - box.y, 1e-6), 0.0, 1.0);
		return mix(premultiplied(color), premultiplied(color2), t) * cover;
	}
	float inner = cover;
	if (c.y > 0.0) {
		vec4 core = vec4(box.xy + c.y, box.zw - c.y);
		inner = core.z > core.x && core.w > core.y ? box_coverage(p, core, max(c.x - c.y, 0.0)) : 0.0;
	}
	return premultiplied(color) * inner + premultiplied(color2) * max(cover - inner, 0.0);
}

float glyph_coverage(ivec2 pixel, uvec4 d)
{
	ivec2 at = pixel - ivec2(int(d.w << 16) >> 16, int(d.w) >> 16);
	uint i = d.y + uint(at.y) * d.z + uint(at.x);
	return float(atlas[i >> 2] >> ((i & 3u) * 8u) & 255u) * (1.0 / 255.0);
}

/* Integral of clamp(v, 0, 1). */
float ramp(float v)
{
	float c = clamp(v, 0.0, 1.0);
	return 0.5 * c * c + max(v - 1.0, 0.0);
}

/* The share of the pixel enclosed by closed lines: of each edge, the part of the pixel under it, signed by its
 * direction. Exact; only edges above or in the pixel's column count. */
float edges_coverage(ivec2 pixel, uint first, uint n)
{
	float left = float(pixel.x), bottom = float(pixel.y) + 1.0;
	float sum = 0.0;
	for (uint i = 0u; i < n; i++) {
		vec4 e = edge[first + i];
		float xa = clamp(e.x, left, left + 1.0), xb = clamp(e.z, left, left + 1.0);
		float width = xb - xa;
		if (width != 0.0) {
			float slope = (e.w - e.y) / (e.z - e.x);
			float va = bottom - (e.y + (xa - e.x) * slope), vb = bottom - (e.y + (xb - e.x) * slope);
			float dv = vb - va;
			float mean = abs(dv) < 1e-3 ? clamp(0.5 * (va + vb), 0.0, 1.0) : (ramp(vb) - ramp(va)) / dv;
			sum += width * mean;
		}
	}
	return min(abs(sum), 1.0);
}

vec4 texel_at(ivec2 at, ivec2 size)
{
	at = clamp(at, ivec2(0), size - 1);
	return unpackUnorm4x8(texel[at.y * size.x + at.x]);
}

/* One to one: as it is. Larger: linear. Smaller: the mean of what falls into the pixel, at most 8 x 8. */
vec4 picture_color(ivec2 pixel, vec4 to, uvec4 d)
{
	ivec2 size = ivec2(d.yz);
	vec2 scale = vec2(size) / to.zw;
	vec2 at = (vec2(pixel) + 0.5 - to.xy) * scale;
	ivec2 taps = clamp(ivec2(ceil(scale - 1e-4)), ivec2(1), ivec2(8));
	vec4 sum = vec4(0.0);
	if (scale == vec2(1.0))
		return texel_at(ivec2(at), size);
	for (int y = 0; y < taps.y; y++) {
		for (int x = 0; x < taps.x; x++) {
			vec2 s = at + scale * ((vec2(x, y) + 0.5) / vec2(taps) - 0.5) - 0.5;
			ivec2 i = ivec2(floor(s));
			vec2 f = s - vec2(i);
			sum += mix(mix(texel_at(i, size), texel_at(i + ivec2(1, 0), size), f.x),
				mix(texel_at(i + ivec2(0, 1), size), texel_at(i + ivec2(1, 1), size), f.x), f.y);
		}
	}
	return sum / float(taps.x * taps.y);
}
