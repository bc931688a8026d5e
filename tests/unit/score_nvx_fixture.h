/* SPDX-License-Identifier: MIT */
/** A document with something of everything, and loading. */
#ifndef SCORE_NVX_FIXTURE_H
#define SCORE_NVX_FIXTURE_H

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <score/nvx_json.h>

static const char full_document[] =
	"{\"format\":\"nvx1\",\"version\":\"3.0.0\",\"ppq\":960,"
	"\"metadata\":{\"title\":\"Every thing\",\"composer\":\"Anon.\",\"key\":\"Bb major\",\"tempo\":96.5,"
	"\"timeSignature\":[4,4],\"id\":17,\"tags\":[\"a\",\"b\"],\"source\":{\"format\":\"midi\","
	"\"fileName\":\"x.mid\"},"
	"\"createdAt\":\"2026-01-31T12:00:00Z\"},"
	"\"timeline\":{\"tempo\":[{\"tick\":0,\"nsPerQuarter\":621761658,\"bpm\":96.5},"
	"{\"tick\":3840,\"nsPerQuarter\":500000000,\"bpm\":120,\"curve\":\"linear\"},{\"tick\":7680,\"bpm\":"
	"90}],"
	"\"meter\":[{\"tick\":0,\"num\":4,\"den\":4},{\"tick\":7680,\"num\":7,\"den\":8,\"grouping\":[3,2,2]}"
	"],"
	"\"key\":[{\"tick\":0,\"key\":\"Bb major\"},{\"tick\":3840,\"key\":\"none\",\"fifths\":1}],"
	"\"order\":[{\"fromMeasure\":0,\"toMeasure\":1},{\"fromMeasure\":0,\"toMeasure\":2}]},"
	"\"measures\":[{\"tick\":0,\"durationTicks\":3840,\"number\":\"1a\",\"repeat\":{\"start\":true},"
	"\"barline\":\"double\","
	"\"break\":\"line\",\"audio\":{\"startUs\":0,\"endUs\":2000000},\"beats\":[{\"tick\":0,\"strength\":"
	"100,\"label\":\"one\"}],"
	"\"id\":\"bar1\"},"
	"{\"tick\":3840,\"durationTicks\":3840,\"repeat\":{\"end\":2},\"ending\":{\"numbers\":[1],\"type\":"
	"\"start\"}},"
	"{\"tick\":7680,\"durationTicks\":3360,\"jump\":{\"kind\":\"dacapo\",\"until\":\"fine\"}}],"
	"\"parts\":[{\"id\":\"p1\",\"name\":\"Guitar\",\"role\":\"melody\",\"instrument\":{\"sound\":"
	"\"guitar\",\"midiProgram\":24,"
	"\"midiBank\":128,\"midiChannel\":0,\"midiPort\":1,\"patch\":{\"library\":\"l\",\"name\":\"n\"}},"
	"\"staves\":2,"
	"\"transpose\":{\"chromatic\":-12},\"tuning\":[64,59,55,50,45,40],\"mix\":{\"volume\":0.8,\"pan\":-0."
	"25},"
	"\"regions\":[{\"id\":\"r1\",\"tick\":0,\"durationTicks\":3840},{\"id\":\"r2\",\"tick\":3840,"
	"\"durationTicks\":7200}],"
	"\"notes\":[{\"id\":\"n1\",\"tick\":0,\"durationTicks\":1920,\"pitch\":60,\"velocity\":90,"
	"\"velocity16\":46080,"
	"\"cents\":-12.5,\"offsetUs\":-1500,\"channel\":3,\"regionId\":\"r1\"},"
	"{\"id\":\"n2\",\"tick\":1920,\"durationTicks\":1920,\"pitch\":64},"
	"{\"id\":\"n3\",\"tick\":3840,\"durationTicks\":960,\"pitch\":64,\"muted\":true}],"
	"\"controllers\":[{\"id\":\"c1\",\"tick\":0,\"kind\":\"cc\",\"number\":7,\"value\":100},"
	"{\"id\":\"c2\",\"tick\":10,\"kind\":\"bend\",\"value\":-8192},{\"id\":\"c3\",\"tick\":20,\"kind\":"
	"\"program\",\"value\":5,\"bank\":1},"
	"{\"id\":\"c4\",\"tick\":30,\"kind\":\"sysex\",\"data\":\"fgkB\"},{\"id\":\"c5\",\"tick\":40,"
	"\"kind\":\"ump\",\"words\":[4294967295,0]},"
	"{\"id\":\"c6\",\"tick\":50,\"kind\":\"polyPressure\",\"pitch\":60,\"value\":1},"
	"{\"id\":\"c7\",\"tick\":60,\"kind\":\"nrpn\",\"number\":16383,\"value\":16383}]},"
	"{\"id\":\"p2\",\"name\":\"Drums\",\"role\":\"drums\",\"notes\":[{\"id\":\"n4\",\"tick\":0,"
	"\"durationTicks\":240,\"pitch\":36}]}],"
	"\"layers\":["
	"{\"type\":\"form\",\"elements\":[{\"id\":\"f1\",\"tick\":0,\"durationTicks\":7680,\"kind\":"
	"\"verse\",\"label\":\"A\",\"number\":1,"
	"\"color\":\"#0a1b2c\"},{\"id\":\"f2\",\"tick\":0,\"durationTicks\":3840,\"kind\":\"phrase\","
	"\"label\":\"a\",\"level\":1,"
	"\"parentId\":\"f1\"}]},"
	"{\"type\":\"chords\",\"opacity\":0.5,\"elements\":[{\"id\":\"h1\",\"tick\":0,\"durationTicks\":3840,"
	"\"symbol\":\"Bb\",\"roman\":null,"
	"\"inversion\":1,\"voicing\":[58,62,65],\"noteIds\":[\"n1\",\"n2\"],\"descriptor\":{\"degree\":1,"
	"\"zed\":0},"
	"\"braid\":{\"lane\":\"center\",\"index\":2},\"function\":\"T\",\"origin\":{\"by\":\"detected\","
	"\"confidence\":0.75}}]},"
	"{\"type\":\"analysis\",\"elements\":[{\"id\":\"a1\",\"tick\":0,\"durationTicks\":3840,\"roman\":"
	"\"I\",\"localKey\":\"F major\","
	"\"harmonicFunction\":\"T\",\"scale\":{\"tonic\":\"F\",\"family\":\"major\"},\"tension\":10,"
	"\"phrase\":\"start\",\"cadence\":\"PAC\","
	"\"voiceLeading\":[{\"fromNoteId\":\"n1\",\"toNoteId\":\"n2\",\"motion\":\"leap\"}],"
	"\"nonChordTones\":[{\"noteId\":\"n2\",\"kind\":\"passing\"}],\"explanation\":{\"text\":\"why\"}}]},"
	"{\"type\":\"tablature\",\"elements\":[{\"id\":\"t1\",\"noteId\":\"n1\",\"string\":2,\"fret\":1,"
	"\"techniques\":["
	"{\"type\":\"bend\",\"points\":[{\"tick\":0,\"cents\":0},{\"tick\":480,\"cents\":100}]},"
	"{\"type\":\"slide\",\"style\":\"shift\",\"toNoteId\":\"n2\"},{\"type\":\"vibrato\",\"width\":"
	"\"wide\",\"speedHz\":5.5}]},"
	"{\"id\":\"t2\",\"noteId\":\"n2\",\"string\":1,\"fret\":0}]},"
	"{\"type\":\"diagrams\",\"elements\":[{\"id\":\"d1\",\"tick\":0,\"name\":\"C\",\"strings\":6,"
	"\"frets\":4,"
	"\"dots\":[{\"string\":2,\"fret\":1,\"finger\":\"1\"}],\"muted\":[6],\"open\":[1,3],\"barres\":[{"
	"\"fret\":1,\"from\":1,\"to\":2}],"
	"\"caged\":\"C\",\"position\":3},{\"id\":\"d2\",\"tick\":10,\"kind\":\"keyboard\",\"name\":\"K\","
	"\"keys\":[{\"pitch\":60,\"hand\":\"right\"}]}]},"
	"{\"type\":\"fingering\",\"elements\":[{\"id\":\"g1\",\"noteId\":\"n1\",\"hand\":\"left\",\"finger\":"
	"\"1\"},"
	"{\"id\":\"g2\",\"tick\":0,\"durationTicks\":960,\"hand\":\"left\",\"position\":{\"fret\":5}}]},"
	"{\"type\":\"notation\",\"elements\":["
	"{\"id\":\"e1\",\"tick\":0,\"durationTicks\":1920,\"partId\":\"p1\",\"kind\":\"event\",\"noteIds\":["
	"\"n1\"],\"value\":\"2\","
	"\"spelling\":[{\"noteId\":\"n1\",\"step\":\"C\",\"alter\":0}],\"articulations\":[\"accent\","
	"\"tenuto\"],\"fermata\":true},"
	"{\"id\":\"e2\",\"tick\":1920,\"durationTicks\":1920,\"partId\":\"p1\",\"kind\":\"event\","
	"\"noteIds\":[\"n2\"],\"value\":\"2\","
	"\"stem\":\"up\"},"
	"{\"id\":\"e3\",\"tick\":0,\"partId\":\"p1\",\"kind\":\"clef\",\"sign\":\"G\",\"line\":2,\"octave\":-"
	"1},"
	"{\"id\":\"e4\",\"tick\":0,\"partId\":\"p1\",\"kind\":\"slur\",\"fromEventId\":\"e1\",\"toEventId\":"
	"\"e2\"},"
	"{\"id\":\"e5\",\"tick\":0,\"partId\":\"p1\",\"kind\":\"dynamic\",\"value\":\"mf\"},"
	"{\"id\":\"e6\",\"tick\":0,\"durationTicks\":1920,\"partId\":\"p1\",\"kind\":\"hairpin\",\"style\":"
	"\"crescendo\"},"
	"{\"id\":\"e7\",\"tick\":0,\"partId\":\"p1\",\"kind\":\"key\",\"key\":\"D minor\"},"
	"{\"id\":\"e8\",\"tick\":0,\"partId\":\"p1\",\"kind\":\"meter\",\"num\":2,\"den\":2},"
	"{\"id\":\"e9\",\"tick\":0,\"partId\":\"p1\",\"kind\":\"text\",\"text\":\"dolce\",\"style\":"
	"\"expression\"}]},"
	"{\"type\":\"lyrics\",\"elements\":[{\"id\":\"l1\",\"noteId\":\"n1\",\"text\":\"Sun\",\"syllabic\":"
	"\"begin\"}]},"
	"{\"type\":\"markers\",\"elements\":[{\"id\":\"k1\",\"tick\":0,\"durationTicks\":960,\"kind\":"
	"\"loop\",\"label\":\"L\"},"
	"{\"id\":\"k2\",\"tick\":960,\"kind\":\"poi\",\"label\":\"P\",\"difficulty\":2,\"media\":{"
	"\"mediaId\":\"v1\",\"startUs\":5},"
	"\"text\":\"see\",\"poiKind\":\"quiz\",\"cameras\":[1]}]},"
	"{\"type\":\"org.example.own\",\"elements\":[1,2]}],"
	"\"rails\":{\"drums\":[{\"id\":\"x1\",\"noteId\":\"n4\",\"instrument\":\"kick\",\"feel\":{"
	"\"swingPercent\":60}}],"
	"\"performance\":[{\"id\":\"x2\",\"tick\":0,\"partId\":\"p1\",\"technique\":\"x\",\"vibrato\":{"
	"\"enabled\":true,\"depth\":5},"
	"\"spatial\":{\"x\":0.5,\"y\":0,\"z\":-1}}],"
	"\"melody\":[{\"id\":\"x3\",\"noteId\":\"n1\",\"scaleDegree\":\"1\",\"contour\":\"up\",\"lyricId\":"
	"\"l1\",\"chordId\":\"h1\"}],"
	"\"extended\":[{\"id\":\"x4\",\"version\":\"1\",\"type\":\"t\",\"events\":[],\"metadata\":{}}]},"
	"\"media\":[{\"id\":\"v1\",\"kind\":\"audio\",\"url\":\"a.ogg\",\"offsetUs\":10,\"sync\":[{\"tick\":"
	"0,\"us\":0},{\"tick\":960,\"us\":500000}]}],"
	"\"audio\":{\"format\":\"wav\",\"embedded\":\"UklGRgAAAABXQVZF\",\"durationUs\":1},"
	"\"learning\":{\"annotations\":[{\"id\":\"s1\",\"target\":{\"noteId\":\"n1\"},\"author\":\"t\","
	"\"text\":\"Let it ring.\"},"
	"{\"id\":\"s2\",\"target\":{\"tick\":0,\"durationTicks\":10},\"author\":\"t\",\"text\":\"x\","
	"\"replyTo\":\"s1\"}]},"
	"\"extensions\":{\"org.example.practice\":{\"stars\":3,\"big\":1e400,\"long\":1.10}}}";

static struct score_report fixture_report;

/** @return NULL: refused, see fixture_report. */
static inline struct score *load_bytes(const void *bytes, size_t size)
{
	struct nvx_draft *draft = calloc(1, sizeof(*draft));
	struct score *score = NULL;
	fixture_report = (struct score_report){0};
	cr_assert_eq(nvx_draft_init(draft, &score_heap, &fixture_report), 0);
	int rc = nvx_read(bytes, size, draft);
	if (rc == 0)
		rc = nvx_finish(draft, NULL, &score);
	cr_assert(rc == 0 || rc == -EINVAL, "%d", rc);
	cr_assert((rc == 0) == (fixture_report.n_errors == 0));
	nvx_draft_finish(draft);
	free(draft);
	return score;
}

static inline struct score *load_text(const char *text)
{
	return load_bytes(text, strlen(text));
}

/** The document with the first `from` replaced by `to`; freed by the caller. */
static inline char *with(const char *document, const char *from, const char *to)
{
	const char *at = strstr(document, from);
	cr_assert_not_null(at, "the fixture has no %s", from);
	char *text = malloc(strlen(document) + strlen(to) + 1);
	const size_t n = (size_t)(at - document);
	memcpy(text, document, n);
	strcpy(text + n, to);
	strcat(text, at + strlen(from));
	return text;
}

#endif
