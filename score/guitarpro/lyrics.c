/* SPDX-License-Identifier: MIT */
#include "gp.h"
#include "voice.h"

static int is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

int gp_next_syllable(struct gp_syllables *s, size_t *ret_at, size_t *ret_len)
{
	*ret_len = 0;
	for (; s->at < s->len; s->at++) {
		const char c = s->text[s->at];
		if (c == ' ') {
			*ret_at = s->at++;
			return 1;
		}
		if (c == '[') { /* with one blank behind it */
			while (s->at < s->len && s->text[s->at] != ']')
				s->at++;
			if (s->at + 1 < s->len && is_blank(s->text[s->at + 1]))
				s->at++;
		} else if (!is_blank(c)) {
			break;
		}
	}
	if (s->at >= s->len)
		return 0;
	const size_t from = s->at;
	while (s->at < s->len && !is_blank(s->text[s->at]) && s->text[s->at] != '-' && s->text[s->at] != '[')
		s->at++;
	const int is_tied = s->at < s->len && s->text[s->at] == '-';
	while (s->at < s->len && s->text[s->at] == '-')
		s->at++;
	*ret_at = from;
	*ret_len = s->at - from;
	if (!is_tied && s->at < s->len && is_blank(s->text[s->at]))
		s->at++;
	return 1;
}

nvx_str gp_syllable_text(struct nvx_draft *draft, const char *text, size_t len)
{
	char buf[256];
	len = len < sizeof(buf) ? len : sizeof(buf);
	for (size_t i = 0; i < len; i++)
		buf[i] = text[i] == '+' ? ' ' : text[i];
	return nvx_clean_text(draft, buf, len);
}

void gp_put_lyrics(
	struct gp_song *song, int64_t tick, int64_t end_tick, const struct gp_beat *beat, nvx_id note_id)
{
	struct nvx_draft *draft = song->draft;
	struct gp_voice *voice = song->voice;
	for (unsigned i = 0; i < GP_MAX_LINES; i++) {
		if (!beat->line[i])
			continue;
		size_t len;
		const char *text = nvx_string(draft->pool, beat->line[i], &len);
		const size_t whole = len;
		while (len > 0 && text[len - 1] == '-')
			len--;
		if (len == 0)
			continue;
		const int goes_on = len < whole, went_on = voice->hyphens >> i & 1;
		voice->hyphens = (uint8_t)((voice->hyphens & ~(1u << i)) | (unsigned)goes_on << i);
		const nvx_str str = nvx_text(draft, text, len);
		struct nvx_lyric *lyric = nvx_add_lyric(draft);
		lyric->text = str;
		lyric->verse = (uint8_t)(i + 1);
		lyric->syllabic = goes_on ? (went_on ? NVX_SYLLABIC_MIDDLE : NVX_SYLLABIC_BEGIN)
					  : (went_on ? NVX_SYLLABIC_END : NVX_SYLLABIC_SINGLE);
		lyric->e.tick = tick;
		lyric->e.part_id = song->track[song->at_track].part_id;
		lyric->e.note_id = note_id;
		if (!note_id)
			lyric->e.duration_ticks = (uint32_t)(end_tick - tick);
	}
}
