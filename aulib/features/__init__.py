"""Features of aligned faces that are not learnt from the AU labels of the faces they describe.

=====================  =============================================================================
:mod:`base`            what a feature is
:mod:`shape`           where the landmarks are
:mod:`gabor`           magnitudes of Gabor filters, on a grid or at landmarks
:mod:`hog`             histograms of oriented gradients
:mod:`identity`        a descriptor that knows people, in place of VGG-face
:mod:`people`          the people whom it learns to name
:mod:`vgg`             VGG-16, and true VGG-face weights for those who have them
:mod:`projections`     controls: random projection, untrained network; any trained network's last layer
=====================  =============================================================================

    W.-S. Chu, F. De la Torre, J. F. Cohn: Learning Facial Action Units with Spatiotemporal Cues and Multi-label
    Sampling, Image and Vision Computing 81, 2019, Sec. 4.3 ("Hybrid").
"""

from __future__ import annotations

from . import gabor, hog, identity, shape
from .base import Feature
from .projections import from_network, random_projection, untrained

#: Name -> feature.  ``identity`` trains its network at the first face if the cache has none.
FEATURES: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        shape.shape(),
        shape.shape(centred=False),
        gabor.gabor(),
        gabor.gabor(at="landmarks"),
        hog.hog(),
        identity.identity(),
        random_projection(),
        untrained(),
    )
}

__all__ = ["FEATURES", "Feature", "from_network", "random_projection", "untrained"]
