/* SPDX-License-Identifier: MIT */
/** The compute back end: the same instances, found for each tile of 16 x 16 pixels here, painted by a group
 * each. A picture between shapes is a dispatch of its own over the tiles that it touches. */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TILE 16u
#define ROW 1024u /* groups */

struct dispatch {
	const struct run *run; /**< NULL: only clears */
	uint32_t first_tile, n_tiles;
};

struct bins {
	uint32_t *at; /**< of each tile of the canvas: references, then where they end */
	uint32_t columns, rows;
	uint32_t n_tiles, n_references;
};

static const struct instance *instances(const struct frame *f)
{
	return (const struct instance *)(const void *)f->render->instances.host;
}

static int count(const struct frame *f, const struct run *run, struct bins *b)
{
	uint64_t sum = b->n_references;

	memset(b->at, 0, ((size_t)b->columns * b->rows + 1) * sizeof(*b->at));
	for (uint32_t i = run->first; i < run->first + run->n; i++) {
		const struct instance *in = &instances(f)[i];

		for (uint32_t y = in->y0 / TILE; y * TILE < in->y1; y++)
			for (uint32_t x = in->x0 / TILE; x * TILE < in->x1; x++)
				b->at[y * b->columns + x]++;
	}
	for (uint32_t i = 0; i < b->columns * b->rows; i++) {
		const uint32_t n = b->at[i];

		b->at[i] = (uint32_t)sum;
		sum += n;
		if (sum > REFERENCES_MAX)
			return 0;
	}
	b->at[b->columns * b->rows] = (uint32_t)sum;
	return 1;
}

/* Counting sort; afterwards at[i] is the end of tile i and, with it, the beginning of the next. */
static void fill(const struct frame *f, const struct run *run, struct bins *b)
{
	uint32_t *to = (uint32_t *)(void *)f->render->references.host;

	for (uint32_t i = run->first; i < run->first + run->n; i++) {
		const struct instance *in = &instances(f)[i];

		for (uint32_t y = in->y0 / TILE; y * TILE < in->y1; y++)
			for (uint32_t x = in->x0 / TILE; x * TILE < in->x1; x++)
				to[b->at[y * b->columns + x]++] = i;
	}
}

/* Tiles of the damage; without a clear only those with references. */
static int add_tiles(struct frame *f, struct bins *b, uint32_t first_reference, int clears)
{
	struct tile *to = (struct tile *)(void *)f->render->tiles.host;

	for (uint32_t i = 0; i < f->n_damage; i++) {
		const struct render_rect r = f->damage[i];
		const uint32_t x1 = (uint32_t)(r.x + r.w), y1 = (uint32_t)(r.y + r.h);
		const uint32_t clear = clears ? f->ground[i].color | 0xff000000u : 0;

		for (uint32_t y = (uint32_t)r.y / TILE; y * TILE < y1; y++)
			for (uint32_t x = (uint32_t)r.x / TILE; x * TILE < x1; x++) {
				const uint32_t k = y * b->columns + x,
					       first = k > 0 ? b->at[k - 1] : first_reference;

				if (clear == 0 && b->at[k] == first)
					continue;
				if (b->n_tiles == TILES_MAX)
					return 0;
				to[b->n_tiles++] =
					(struct tile){(uint16_t)x, (uint16_t)y, (uint16_t)r.x, (uint16_t)r.y,
						(uint16_t)x1, (uint16_t)y1, first, b->at[k] - first, clear};
			}
	}
	return 1;
}

static int bin_run(struct frame *f, struct bins *b, const struct run *run, int clears, struct dispatch *ret)
{
	const uint32_t first_reference = b->n_references;

	ret->run = run;
	ret->first_tile = b->n_tiles;
	if (!count(f, run, b))
		return 0;
	b->n_references = b->at[b->columns * b->rows];
	fill(f, run, b);
	if (!add_tiles(f, b, first_reference, clears))
		return 0;
	ret->n_tiles = b->n_tiles - ret->first_tile;
	return 1;
}

/* A picture's writes before the next reads, over the same image. */
static void wait_for_tiles(struct device *d)
{
	const VkMemoryBarrier memory = {
		.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
		.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
		.dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT,
	};

	d->vk->CmdPipelineBarrier(d->commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
		VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, 0, 1, &memory, 0, NULL, 0, NULL);
}

static void record(struct frame *f, const struct dispatch *dispatch, uint32_t n)
{
	struct device *d = &f->render->device;

	d->vk->CmdBindPipeline(d->commands, VK_PIPELINE_BIND_POINT_COMPUTE, d->compute);
	for (uint32_t i = 0; i < n; i++) {
		const struct render_picture *picture =
			dispatch[i].run != NULL ? dispatch[i].run->picture : NULL;
		const VkDescriptorSet sets[] = {
			d->scene_set, picture != NULL ? picture->set : d->blank_set, f->canvas->set};
		const uint32_t push[4] = {dispatch[i].first_tile, dispatch[i].n_tiles, ROW, 0};

		if (dispatch[i].n_tiles == 0)
			continue;
		if (i > 0)
			wait_for_tiles(d);
		d->vk->CmdBindDescriptorSets(
			d->commands, VK_PIPELINE_BIND_POINT_COMPUTE, d->compute_layout, 0, 3, sets, 0, NULL);
		d->vk->CmdPushConstants(
			d->commands, d->compute_layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(push), push);
		d->vk->CmdDispatch(d->commands, ROW, (dispatch[i].n_tiles + ROW - 1) / ROW, 1);
		f->render->info.last_draws++;
	}
}

int render_tiles_record(struct frame *f)
{
	static const struct run nothing = {.kind = RUN_SHAPES};
	struct render *r = f->render;
	struct bins b = {.columns = (f->canvas->width + TILE - 1) / TILE,
		.rows = (f->canvas->height + TILE - 1) / TILE};
	const uint32_t n = f->n_runs > 0 ? f->n_runs : 1;
	struct dispatch *dispatch = calloc(n, sizeof(*dispatch));
	int fits;

	b.at = calloc((size_t)b.columns * b.rows + 1, sizeof(*b.at));
	fits = dispatch != NULL && b.at != NULL;
	for (uint32_t i = 0; i < n && fits; i++)
		fits = bin_run(
			f, &b, f->n_runs > 0 ? &f->run[i] : &nothing, i == 0 && !f->is_cleared, &dispatch[i]);
	free(b.at);
	if (fits) {
		render_block_touch(&r->tiles, 0, b.n_tiles * sizeof(struct tile));
		render_block_touch(&r->references, 0, b.n_references * sizeof(uint32_t));
		render_block_flush(&r->tiles);
		render_block_flush(&r->references);
		record(f, dispatch, n);
	}
	free(dispatch);
	return fits;
}
