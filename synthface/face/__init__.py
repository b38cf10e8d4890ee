"""A procedural 3D face with FACS action units: the one door to the renderer.

    >>> import numpy as np
    >>> face = Face(Identity.draw(np.random.default_rng(0)))
    >>> face.render(au_vector({12: 5, 6: 3})).image.shape
    (200, 200, 3)

Who it is (:mod:`identity`), map of the face (:mod:`template`), mesh (:mod:`head`), action units (:mod:`action_units`,
:mod:`contacts`), paint (:mod:`skin`), folds (:mod:`wrinkles`), hairs (:mod:`strands`: :mod:`hair` of the scalp,
:mod:`whiskers` of the face), pose and alignment (:mod:`camera`), light (:mod:`shading`), set-up and photograph
(:mod:`scene`, :mod:`backdrop`), things in front (:mod:`occluders`) and the kernels (:mod:`rasteriser`) have files of
their own; :mod:`person` puts them together.  All geometry and texture is computed, none is loaded.
"""

from synthface.face.action_units import FACE_AUS, au_vector
from synthface.face.camera import Pose
from synthface.face.identity import Identity
from synthface.face.occluders import Occluder
from synthface.face.person import Face, Rendered
from synthface.face.scene import Scene

__all__ = ["FACE_AUS", "Face", "Identity", "Occluder", "Pose", "Rendered", "Scene", "au_vector"]
