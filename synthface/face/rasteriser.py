"""Numba kernels: deform, take normals, fill a z-buffer, shade.

Everything works in *screen units*: x to the right, y down, z towards the camera, one unit a pixel of the 200-pixel
crop; only the buffers know how many samples a unit has.  Kernels take explicit ``float32`` signatures, so they
compile once (and are cached on disk) instead of once for each kind of argument.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_OPTIONS = {"cache": True, "fastmath": True, "nogil": True}


@njit("void(f4[:,::1], f4[:,:,::1], f4[::1], i8[::1], f4[:,::1], f4[:,::1])", **_OPTIONS)
def deform(neutral, fields, reach, active, weights, out):
    """``out = neutral + sum_k w_k fields[active[k]]``, all ``(V, 3)``; only active fields are read.

    ``weights[k]`` are those of the person's right (``reach = -1``), left (``reach = 1``) and middle (``reach = 0``).
    """
    for v in range(neutral.shape[0]):
        x, y, z = neutral[v, 0], neutral[v, 1], neutral[v, 2]
        side = 0 if reach[v] < 0 else 1
        own = abs(reach[v])
        for k in range(active.shape[0]):
            weight = own * weights[k, side] + (np.float32(1.0) - own) * weights[k, 2]
            field = fields[active[k], v]
            x += weight * field[0]
            y += weight * field[1]
            z += weight * field[2]
        out[v, 0], out[v, 1], out[v, 2] = x, y, z


@njit("void(f4[:,::1], f4[::1], f8[:,::1], f8[::1], f8, f8[:,::1], f8[::1], f8, f4[:,::1])", **_OPTIONS)
def project(points, follow, rotation, pivot, camera, matrix, shift, size, out):
    """Turn points ``(V, 3)`` about ``pivot``, each by its share ``follow``, and put them on the screen.

    ``camera`` is the distance of the camera; ``matrix`` (2, 2), ``shift`` (2,) and ``size`` are the similarity of the
    crop.
    """
    for v in range(points.shape[0]):
        x, y, z = points[v, 0] - pivot[0], points[v, 1] - pivot[1], points[v, 2] - pivot[2]
        share = np.float64(follow[v])
        p = x + share * (rotation[0, 0] * x + rotation[0, 1] * y + rotation[0, 2] * z - x)
        q = y + share * (rotation[1, 0] * x + rotation[1, 1] * y + rotation[1, 2] * z - y)
        r = z + share * (rotation[2, 0] * x + rotation[2, 1] * y + rotation[2, 2] * z - z)
        near = camera / (camera - r)
        p, q = p * near, q * near
        out[v, 0] = matrix[0, 0] * p + matrix[0, 1] * q + shift[0]
        out[v, 1] = matrix[1, 0] * p + matrix[1, 1] * q + shift[1]
        out[v, 2] = r * size


@njit("void(f4[:,::1], i4[:,::1], f4[:,::1])", **_OPTIONS)
def vertex_normals(points, triangles, out):
    """Area-weighted unit normals ``(V, 3)``, outward where triangles run clockwise on the screen."""
    out[:] = 0.0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = points[b, 0] - points[a, 0], points[b, 1] - points[a, 1], points[b, 2] - points[a, 2]
        wx, wy, wz = points[c, 0] - points[a, 0], points[c, 1] - points[a, 1], points[c, 2] - points[a, 2]
        nx, ny, nz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
        for v in (a, b, c):
            out[v, 0] += nx
            out[v, 1] += ny
            out[v, 2] += nz
    for v in range(points.shape[0]):
        x, y, z = out[v, 0], out[v, 1], out[v, 2]
        scale = np.float32(1.0) / np.sqrt(x * x + y * y + z * z + np.float32(1e-12))
        out[v, 0], out[v, 1], out[v, 2] = x * scale, y * scale, z * scale


@njit("void(f4[:,::1], i4[:,::1], f4[:,::1], i4[:,::1], f4[:,:,::1])", **_OPTIONS)
def fill(screen, triangles, depth, owner, weight):
    """Fill the z-buffer with every triangle that faces the camera.

    Parameters
    ----------
    screen : float32 (V, 3)
        Positions in buffer samples (x, y) and depth (larger is nearer).
    triangles : int32 (T, 3)
        Vertex numbers; a triangle faces the camera when its corners run clockwise on the screen.
    depth, owner, weight : float32 (S, S), int32 (S, S), float32 (S, S, 2)
        Written: depth, triangle number, barycentric weights of the second and third corner.
    """
    height, width = depth.shape
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = screen[a, 0], screen[a, 1]
        ux, uy = screen[b, 0] - ax, screen[b, 1] - ay
        wx, wy = screen[c, 0] - ax, screen[c, 1] - ay
        area = ux * wy - uy * wx
        if area <= np.float32(1e-6):
            continue
        left = max(0, int(np.ceil(ax + min(np.float32(0), min(ux, wx)))))
        right = min(width - 1, int(np.floor(ax + max(np.float32(0), max(ux, wx)))))
        top = max(0, int(np.ceil(ay + min(np.float32(0), min(uy, wy)))))
        bottom = min(height - 1, int(np.floor(ay + max(np.float32(0), max(uy, wy)))))
        inverse = np.float32(1.0) / area
        az, bz, cz = screen[a, 2], screen[b, 2] - screen[a, 2], screen[c, 2] - screen[a, 2]
        for i in range(top, bottom + 1):
            py = np.float32(i) - ay
            for j in range(left, right + 1):
                px = np.float32(j) - ax
                second = (px * wy - py * wx) * inverse
                third = (ux * py - uy * px) * inverse
                if second < 0 or third < 0 or second + third > 1:
                    continue
                z = az + second * bz + third * cz
                if z > depth[i, j]:
                    depth[i, j], owner[i, j] = z, t
                    weight[i, j, 0], weight[i, j, 1] = second, third


@njit("void(f4[:,::1], f4[::1], f4, f4[:,::1])", **_OPTIONS)
def cast_shadow(depth, light, cell, out):
    """March from every cell of a coarse depth map towards the light; ``out`` is 1 in the light, 0 in full shadow.

    ``cell`` is the size of a cell in screen units.  An occluder much nearer to the camera than the ray is
    taken as something thin that light passes behind (a depth map does not know how thick things are).
    """
    rows, columns = depth.shape
    flat = np.sqrt(light[0] * light[0] + light[1] * light[1]) + np.float32(1e-3)
    dx, dy, dz = light[0] / flat, light[1] / flat, light[2] / flat * cell
    for i in range(rows):
        for j in range(columns):
            blocked = np.float32(0.0)
            for k in range(2, 26):
                p, q = int(i + dy * k + np.float32(0.5)), int(j + dx * k + np.float32(0.5))
                if p < 0 or q < 0 or p >= rows or q >= columns:
                    break
                over = depth[p, q] - depth[i, j] - dz * k - np.float32(1.5)
                if over > 0 and over < 45:
                    blocked = max(blocked, min(np.float32(1.0), over * np.float32(0.22)))
            out[i, j] = np.float32(1.0) - blocked


@njit("f4(f4[:,::1], f4, f4)", inline="always", **_OPTIONS)
def _bilinear(image, y, x):
    """Value of a coarse map between its cells, clamped at the border."""
    y = min(max(y, np.float32(0)), np.float32(image.shape[0] - 1.001))
    x = min(max(x, np.float32(0)), np.float32(image.shape[1] - 1.001))
    i, j = int(y), int(x)
    fy, fx = y - np.float32(i), x - np.float32(j)
    top = image[i, j] + fx * (image[i, j + 1] - image[i, j])
    bottom = image[i + 1, j] + fx * (image[i + 1, j + 1] - image[i + 1, j])
    return top + fy * (bottom - top)


@njit(
    "void(f4[:,::1], i4[:,::1], f4[:,:,::1], i4[:,::1], f4[:,::1], f4[:,::1], f4[:,:,::1], f4[:,::1], f4, f4[:,::1],"
    " f4[:,:,::1], f4, f4[:,::1], f4[:,::1], f4[:,:,::1])",
    **_OPTIONS,
)
def shade(
    depth, owner, weight, triangles, normals, surface, albedo, relief, texel, shadow, around, step, axes, light, out
):
    """Colour every covered sample; uncovered samples of ``out`` stay as they are (the background).

    Light that entered skin leaves it some millimetres away, red light furthest.  Three cheap things stand for that:
    each colour wraps around the head by its own amount, sees relief blurred by its own amount, and fills shadows.

    Parameters
    ----------
    depth, owner, weight
        What :func:`fill` wrote.
    normals : float32 (V, 3)
        Unit normals on the screen.
    surface : float32 (V, 3)
        Texture column and row, and how open the place is (1 on skin, near 0 deep in the mouth).
    albedo : float32 (H, W, 4)
        Linear reflectance and gloss.
    relief : float32 (H, W')
        Height of the skin in screen units: wrinkles and pores; ``W' <= W``, other materials have none.
    texel : float32
        Size of both textures relative to the full ones: 1, or a power of a half where samples are few.
    shadow : float32 (C, C)
        Key light that arrives, 0..1, on a coarse map; ``step`` is its cells per sample.
    around : float32 (2, C, C)
        Mean depth nearby and further around, likewise; what lies behind it is in a hollow that light hardly reaches.
    axes : float32 (2, 3)
        Directions in which texture columns and rows run on the head.
    light : float32 (9, 3)
        What :meth:`scene.Scene.lights` returns.
    out : float32 (S, S, 3)
        Written: square root of linear colour, about what a display wants.
    """
    height, width = owner.shape
    skin_columns = relief.shape[1]
    one, none = np.float32(1.0), np.float32(0.0)
    for i in range(height):
        for j in range(width):
            t = owner[i, j]
            if t < 0:
                continue
            w1, w2 = weight[i, j, 0], weight[i, j, 1]
            w0 = one - w1 - w2
            a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
            nx = w0 * normals[a, 0] + w1 * normals[b, 0] + w2 * normals[c, 0]
            ny = w0 * normals[a, 1] + w1 * normals[b, 1] + w2 * normals[c, 1]
            nz = w0 * normals[a, 2] + w1 * normals[b, 2] + w2 * normals[c, 2]
            u = w0 * surface[a, 0] + w1 * surface[b, 0] + w2 * surface[c, 0]
            v = w0 * surface[a, 1] + w1 * surface[b, 1] + w2 * surface[c, 1]
            open_ = w0 * surface[a, 2] + w1 * surface[b, 2] + w2 * surface[c, 2]
            u, v = (u + np.float32(0.5)) * texel - np.float32(0.5), (v + np.float32(0.5)) * texel - np.float32(0.5)
            u = min(max(u, one), np.float32(albedo.shape[1] - 2.01))
            v = min(max(v, one), np.float32(albedo.shape[0] - 2.01))
            p, q = int(v), int(u)
            fy, fx = v - np.float32(p), u - np.float32(q)
            smooth = nx * light[0, 0] + ny * light[0, 1] + nz * light[0, 2]
            cavity = none
            if q < skin_columns - 2:
                h00, h01, h10, h11 = relief[p, q], relief[p, q + 1], relief[p + 1, q], relief[p + 1, q + 1]
                gx = ((h01 - h00) * (1 - fy) + (h11 - h10) * fy) * (np.float32(2.0) * texel)
                gy = ((h10 - h00) * (1 - fx) + (h11 - h01) * fx) * (np.float32(2.0) * texel)
                nx -= gx * axes[0, 0] + gy * axes[1, 0]
                ny -= gx * axes[0, 1] + gy * axes[1, 1]
                nz -= gx * axes[0, 2] + gy * axes[1, 2]
                cavity = max(np.float32(-2.0), min(none, h00))
            scale = one / np.sqrt(nx * nx + ny * ny + nz * nz + np.float32(1e-9))
            nx, ny, nz = nx * scale, ny * scale, nz * scale
            y, x = np.float32(i) * step, np.float32(j) * step
            lit, z = _bilinear(shadow, y, x), depth[i, j]
            free = one - np.float32(0.07) * min(max(_bilinear(around[0], y, x) - z, none), np.float32(7.0))
            free -= np.float32(0.035) * min(max(_bilinear(around[1], y, x) - z, none), np.float32(9.0))
            rough = nx * light[0, 0] + ny * light[0, 1] + nz * light[0, 2]
            second = nx * light[6, 0] + ny * light[6, 1] + nz * light[6, 2]
            second = max(none, np.float32(0.5) + np.float32(0.5) * second)
            second *= second * free
            up = np.float32(0.5) - np.float32(0.5) * ny
            w00, w01, w10, w11 = (1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx
            gloss = albedo[p, q, 3]
            half = max(none, nx * light[5, 0] + ny * light[5, 1] + nz * light[5, 2])
            broad = half * half
            broad = broad * broad * broad
            tight = broad * broad
            tight = tight * tight * half * half * half * half
            lobe = np.float32(0.4) * broad + np.float32(0.9) * tight
            half = max(none, nx * light[8, 0] + ny * light[8, 1] + nz * light[8, 2])
            half *= half * half
            other = half * half * half
            if gloss > np.float32(0.6):  # the wet eye mirrors its lamps
                lobe = tight * tight
                lobe = np.float32(1.6) * lobe * lobe
                other *= other
                other = other * other * other
            rim = one - max(none, nz)
            rim *= rim * rim * free * np.float32(0.3)
            for k in range(3):
                colour = w00 * albedo[p, q, k] + w01 * albedo[p, q + 1, k]
                colour += w10 * albedo[p + 1, q, k] + w11 * albedo[p + 1, q + 1, k]
                sees = np.float32(0.45) + np.float32(0.25) * np.float32(k)  # how much of the relief this colour sees
                wrap = light[4, k]
                cosine = smooth + sees * (rough - smooth)
                arrives = lit + (one - lit) * lit * (np.float32(0.4) - np.float32(0.18) * np.float32(k))
                key = max(none, (cosine + wrap) / (one + wrap)) * light[1, k]
                key *= arrives * (np.float32(0.5) + np.float32(0.5) * free)
                ambient = (light[2, k] * up + light[3, k] * (one - up)) * free + light[7, k] * second
                dent = one + cavity * (np.float32(0.10) + np.float32(0.015) * np.float32(k))
                shine = gloss * open_ * (light[1, k] * (lobe * lit + rim) + light[7, k] * other)
                out[i, j, k] = np.sqrt(max(none, colour * dent * open_ * (key + ambient) + shine))
