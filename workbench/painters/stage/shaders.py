"""The shading programs of the stage, in GLSL 1.20: every desktop context has it, and it needs no instancing.

Values over all recorded times lie in a float texture, one row of texels per recorded row, so that a scrub sets
uniforms only. Rows with more items than a texture is wide continue on the next texel row (``fold``).
Lengths in shaders are physical pixels; ``u_ratio`` is physical pixels per logical pixel.
"""

from __future__ import annotations

from workbench.views.arrows import HEAD_LEAST, HEAD_MOST, HEAD_SHARE

_LOOK = """
uniform vec2 u_centre;   // data units
uniform vec2 u_gain;     // clip units per data unit
uniform vec2 u_pixel;    // clip units per physical pixel
uniform float u_ratio;

vec2 project(vec2 place) { return (place - u_centre) * u_gain; }
"""

_VALUES = """
uniform vec4 u_fold;     // texels a row, texel rows a recorded row, texture width, texture height

vec4 value(sampler2D table, float item, float row) {
    float line = floor((item + 0.5) / u_fold.x);
    vec2 texel = vec2(item - line * u_fold.x, row * u_fold.y + line);
    return texture2D(table, (texel + 0.5) / u_fold.zw);
}
"""

POINTS_VERTEX = (
    _LOOK
    + _VALUES
    + """
uniform sampler2D u_positions;
uniform vec3 u_moment;   // row, next row, fraction of the way
uniform float u_size;
attribute float a_item;
attribute vec4 a_colour;
varying vec4 v_colour;
varying float v_radius;
varying float v_sprite;

void main() {
    vec2 here = value(u_positions, a_item, u_moment.x).xy;
    vec2 next = value(u_positions, a_item, u_moment.y).xy;
    gl_Position = vec4(project(mix(here, next, u_moment.z)), 0.0, 1.0);
    v_radius = 0.5 * u_size * u_ratio;
    v_sprite = ceil(2.0 * v_radius + 1.0);
    gl_PointSize = v_sprite;
    v_colour = a_colour;
}
"""
)

POINTS_FRAGMENT = """
uniform float u_line;    // physical pixels of the line of an outline, 0 where all is full
uniform float u_square;  // 1 for squares
varying vec4 v_colour;
varying float v_radius;
varying float v_sprite;

void main() {
    vec2 off = abs(gl_PointCoord - 0.5);
    float away = mix(length(off), max(off.x, off.y), u_square) * v_sprite;
    float cover = clamp(v_radius + 0.5 - away, 0.0, 1.0);
    if (u_line > 0.0) cover *= clamp(away - v_radius + u_line + 0.5, 0.0, 1.0);
    if (cover <= 0.0) discard;
    gl_FragColor = vec4(v_colour.rgb, v_colour.a * cover);
}
"""

TRAILS_VERTEX = (
    _LOOK
    + _VALUES
    + """
uniform sampler2D u_positions;
uniform sampler2D u_times;
uniform vec3 u_window;               // first row, stride, the last recorded row that is shown
uniform vec2 u_span;                 // t at the old and at the new end of a trail
uniform float u_width;
attribute vec4 a_vertex;             // item, segment, along (0 old end, 1 new end), across (-1 to 1)
attribute vec4 a_colour;
varying vec4 v_colour;
varying float v_place;
varying float v_across;
varying float v_along;

void main() {
    // Recorded rows in steps of the stride up to the row shown, then one segment towards the row after it.
    float rows = u_fold.w / u_fold.y;
    float start = u_window.x + a_vertex.y * u_window.y;
    float row = min(start, u_window.z);
    float next = start < u_window.z ? min(start + u_window.y, u_window.z) : min(row + 1.0, rows - 1.0);
    float from = texture2D(u_times, vec2(0.5, (row + 0.5) / rows)).x;
    float to = texture2D(u_times, vec2(0.5, (next + 0.5) / rows)).x;
    bool drawn = start - u_window.z < u_window.y && to > from;
    vec2 ends = drawn ? clamp((u_span - from) / (to - from), 0.0, 1.0) : vec2(0.0);
    float part = mix(ends.x, ends.y, a_vertex.z);
    vec2 a = value(u_positions, a_vertex.x, row).xy;
    vec2 b = value(u_positions, a_vertex.x, next).xy;
    vec2 here = project(mix(a, b, part));
    vec2 along = (b - a) * u_gain / u_pixel;
    float run = length(along);
    vec2 across = run > 0.0 && ends.y > ends.x ? vec2(-along.y, along.x) / run : vec2(0.0);
    v_across = (0.5 * u_width * u_ratio + 0.5) * a_vertex.w;
    gl_Position = vec4(here + across * v_across * u_pixel, 0.0, 1.0);
    v_place = (mix(from, to, part) - u_span.x) / (u_span.y - u_span.x);
    v_along = a_vertex.z;
    v_colour = a_colour;
}
"""
)

TRAILS_FRAGMENT = """
uniform float u_width;
uniform float u_ratio;
uniform float u_whole;   // 0, or the share of the opacity at which the whole way is seen
varying vec4 v_colour;
varying float v_place;
varying float v_across;
varying float v_along;

void main() {
    if (v_along > 1.0) discard;
    float cover = clamp(0.5 * u_width * u_ratio + 0.5 - abs(v_across), 0.0, 1.0);
    float share = u_whole > 0.0 ? u_whole : pow(max(v_place, 0.0), 1.4);
    gl_FragColor = vec4(v_colour.rgb, v_colour.a * cover * share);
}
"""

ARROWS_VERTEX = (
    f"#define HEAD_SHARE {HEAD_SHARE}\n#define HEAD_LEAST {HEAD_LEAST}\n#define HEAD_MOST {HEAD_MOST}\n"
    + _LOOK
    + _VALUES
    + """
uniform sampler2D u_vectors;
uniform sampler2D u_presence;
uniform vec3 u_moment;   // row, next row, fraction of the way
uniform float u_reach;   // data units of the longest arrow
uniform float u_full;    // |v| of the longest arrow
uniform float u_alpha;
attribute vec3 a_arrow;  // origin, item
attribute vec2 a_corner; // along (0, 1), side (-1, 1)
varying vec2 v_at;       // pixels along and across
varying float v_length;
varying float v_head;
varying float v_alpha;

void main() {
    vec2 v = mix(value(u_vectors, a_arrow.z, u_moment.x).xy, value(u_vectors, a_arrow.z, u_moment.y).xy, u_moment.z);
    float seen = mix(value(u_presence, a_arrow.z, u_moment.x).x, value(u_presence, a_arrow.z, u_moment.y).x,
                     u_moment.z);
    float speed = length(v);
    float q = min(1.0, speed / u_full);
    vec2 along = speed > 0.0 ? v / speed : vec2(1.0, 0.0);
    v_length = u_reach * q * u_gain.x / u_pixel.x;
    v_head = clamp(HEAD_SHARE * v_length, HEAD_LEAST * u_ratio, HEAD_MOST * u_ratio);
    float pad = 0.5 * v_head + 1.0;
    v_at = vec2(mix(-1.0, v_length + 1.0, a_corner.x), pad * a_corner.y);
    vec2 offset = along * v_at.x + vec2(-along.y, along.x) * v_at.y;
    v_alpha = u_alpha * (0.6 + 0.4 * q) * mix(0.25, 1.0, seen) * clamp(v_length / u_ratio - 0.5, 0.0, 1.0);
    gl_Position = vec4(project(a_arrow.xy) + offset * u_pixel, 0.0, 1.0);
}
"""
)

ARROWS_FRAGMENT = """
uniform vec3 u_colour;
uniform float u_ratio;
varying vec2 v_at;
varying float v_length;
varying float v_head;
varying float v_alpha;

void main() {
    float side = abs(v_at.y);
    float neck = v_length - v_head;
    // A shaft of 1.15 px up to the head, and a head as wide at its base as 0.84 of its length.
    float shaft = clamp(0.575 * u_ratio + 0.5 - side, 0.0, 1.0) * clamp(v_at.x + 0.5, 0.0, 1.0)
                * clamp(neck - v_at.x + 1.0, 0.0, 1.0);
    float slope = 0.42;
    float edge = (side - slope * (v_length - v_at.x)) / sqrt(1.0 + slope * slope);
    float head = clamp(0.5 - edge, 0.0, 1.0) * clamp(v_at.x - neck + 0.5, 0.0, 1.0);
    gl_FragColor = vec4(u_colour, v_alpha * max(shaft, head));
}
"""

HEAT_VERTEX = (
    _LOOK
    + """
uniform vec4 u_extent;   // data units: x0, y0, x1, y1, the middles of the outermost cells
attribute vec2 a_corner; // 0 or 1
varying vec2 v_corner;

void main() {
    gl_Position = vec4(project(mix(u_extent.xy, u_extent.zw, a_corner)), 0.0, 1.0);
    v_corner = a_corner;
}
"""
)

HEAT_FRAGMENT = """
uniform sampler2D u_tiles;   // each recorded row a tile: value x cover, cover, relief
uniform sampler2D u_map;
uniform vec2 u_cells;        // columns, rows of a tile
uniform vec2 u_grid;         // tiles across, tiles down
uniform vec3 u_moment;       // row, next row, fraction of the way
uniform float u_top;
uniform float u_alpha;
uniform float u_ratio;
uniform vec3 u_levels;
uniform float u_soft;        // 1 where cover is opacity
uniform float u_lines;       // 1 where level lines are drawn
varying vec2 v_corner;

vec3 tile(float row) {
    vec2 place = vec2(mod(row + 0.5, u_grid.x) - 0.5, floor((row + 0.5) / u_grid.x));
    vec2 cell = v_corner * (u_cells - 1.0) + 0.5;
    return texture2D(u_tiles, (floor(place + 0.5) * u_cells + cell) / (u_grid * u_cells)).xyz;
}

void main() {
    vec3 here = mix(tile(u_moment.x), tile(u_moment.y), u_moment.z);
    float shown = mix(smoothstep(0.4, 0.6, here.y), here.y, u_soft);
    if (shown <= 0.0) discard;
    float share = clamp(here.x / max(here.y, 1e-6) / u_top, 0.0, 1.0);
    vec3 colour = texture2D(u_map, vec2((share * 255.0 + 0.5) / 256.0, 0.5)).rgb;
    vec3 away = abs(vec3(here.z) - u_levels) / max(fwidth(here.z), 1e-6);
    float line = clamp(0.5 * u_ratio + 0.5 - min(away.x, min(away.y, away.z)), 0.0, 1.0) * u_lines;
    gl_FragColor = vec4(mix(colour, vec3(1.0), line), shown * mix(u_alpha, 1.0, line));
}
"""

FLAT_VERTEX = """
uniform vec2 u_canvas;   // physical pixels
attribute vec2 a_place;  // physical pixels from the top left
attribute vec4 a_colour;
varying vec4 v_colour;

void main() {
    gl_Position = vec4(a_place.x / u_canvas.x * 2.0 - 1.0, 1.0 - a_place.y / u_canvas.y * 2.0, 0.0, 1.0);
    v_colour = a_colour;
}
"""

FLAT_FRAGMENT = """
varying vec4 v_colour;

void main() { gl_FragColor = v_colour; }
"""

SPRITE_VERTEX = """
uniform vec2 u_canvas;
attribute vec2 a_place;
attribute vec2 a_texel;
uniform vec2 u_atlas;    // texels
varying vec2 v_texel;

void main() {
    gl_Position = vec4(a_place.x / u_canvas.x * 2.0 - 1.0, 1.0 - a_place.y / u_canvas.y * 2.0, 0.0, 1.0);
    v_texel = a_texel / u_atlas;
}
"""

SPRITE_FRAGMENT = """
uniform sampler2D u_image;
varying vec2 v_texel;

void main() { gl_FragColor = texture2D(u_image, v_texel); }
"""

_PLACED = (
    _LOOK
    + """
uniform vec4 u_place;    // x0, x1, y0, y1 in data units
attribute vec2 a_corner;
varying vec2 v_corner;

void main() {
    v_corner = a_corner;
    gl_Position = vec4(project(mix(u_place.xz, u_place.yw, a_corner)), 0.0, 1.0);
}
"""
)

IMAGES_VERTEX = _PLACED

IMAGES_FRAGMENT = """
uniform sampler2D u_image;
varying vec2 v_corner;

void main() { gl_FragColor = vec4(texture2D(u_image, vec2(v_corner.x, 1.0 - v_corner.y)).rgb, 1.0); }
"""

FRAME_VERTEX = _PLACED

FRAME_FRAGMENT = """
uniform vec4 u_place;
uniform vec4 u_colour;
uniform float u_width;   // logical pixels
uniform vec2 u_gain;
uniform vec2 u_pixel;
uniform float u_ratio;
varying vec2 v_corner;

void main() {
    vec2 size = abs(vec2(u_place.y - u_place.x, u_place.w - u_place.z) * u_gain / u_pixel);  // physical pixels
    vec2 away = min(v_corner, 1.0 - v_corner) * size;
    if (min(away.x, away.y) > u_width * u_ratio) discard;
    gl_FragColor = u_colour;
}
"""
