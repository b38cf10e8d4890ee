"""VGG-16 as a face describer: the published network, and a narrow one that a laptop trains.

    K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015 (D).
    O. M. Parkhi, A. Vedaldi, A. Zisserman: Deep Face Recognition, BMVC 2015 ("VGG-face").

13 convolutions of 3 x 3 in five groups, each group followed by a maximum over 2 x 2, and three full layers; fc7, in
front of the names of the people, is the descriptor.  Layers are called as in Caffe, so that a state dict of the
published weights fits.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aulib import paths
from aulib.errors import AulibError

from .base import Faces, Feature, resized
from .projections import from_network

#: Channels and number of the convolutions of each group.
GROUPS = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
HIDDEN = 4096

#: Mean colour of VGG-face's training images, RGB, 0-255.
_VGG_FACE_MEAN = (129.1863, 104.7624, 93.5940)
_VGG_FACE_PEOPLE = 2622


class VGG16(nn.Module):
    """VGG-16 with one output a person; 145,002,878 parameters with VGG-face's 2622 people.

    Parameters
    ----------
    people : int
        Number of outputs.
    side : int, default 224
        Side of the face in pixels, a multiple of 32.
    width : float, default 1.0
        Share of the published channels and hidden units.
    normalised : bool, default False
        Batch normalisation behind each convolution, not in the original: without it so deep a network does not get
        off the ground in a short training.
    dropout : float, default 0.5
        Behind fc6 and fc7.

    Attributes
    ----------
    input_side, feature_dim : int
        Side of the face; length of fc7.
    """

    def __init__(
        self, people: int, side: int = 224, width: float = 1.0, normalised: bool = False, dropout: float = 0.5
    ) -> None:
        super().__init__()
        if side % 32:
            raise ValueError(f"side is {side}, not a multiple of 32: five poolings halve it")
        self.input_side, self.feature_dim = side, int(HIDDEN * width)
        channels = 3
        for group, (wide, number) in enumerate(GROUPS, start=1):
            out = int(wide * width)
            for layer in range(1, number + 1):
                setattr(self, f"conv{group}_{layer}", nn.Conv2d(channels, out, 3, padding=1))
                if normalised:
                    setattr(self, f"norm{group}_{layer}", nn.BatchNorm2d(out))
                channels = out
        self.fc6 = nn.Linear(channels * (side // 32) ** 2, self.feature_dim)
        self.fc7 = nn.Linear(self.feature_dim, self.feature_dim)
        self.fc8 = nn.Linear(self.feature_dim, people)
        self.dropout = nn.Dropout(dropout)
        self.normalised = normalised
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
        nn.init.normal_(self.fc8.weight, 0.0, 0.01)

    def features(self, x: Tensor) -> Tensor:
        """fc7 after ReLU (B, feature_dim), >= 0, of faces (B, 3, side, side)."""
        for group, (_, number) in enumerate(GROUPS, start=1):
            for layer in range(1, number + 1):
                x = getattr(self, f"conv{group}_{layer}")(x)
                if self.normalised:
                    x = getattr(self, f"norm{group}_{layer}")(x)
                x = F.relu(x, inplace=True)
            x = F.max_pool2d(x, 2)
        x = F.relu(self.fc6(x.flatten(1)), inplace=True)  # (B, 512, 7, 7) -> (B, 4096) at the published size
        return F.relu(self.fc7(self.dropout(x)), inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, people) of faces (B, 3, side, side)."""
        return self.fc8(self.dropout(self.features(x)))


def vgg_face(file: str | Path) -> Feature:
    """The VGG-face descriptor with the published weights, 4096-D, for a user who has them.

    Unproven: nobody here has the file.  Expected is what PyTorch conversions of the Caffe model hold: layers
    ``conv1_1`` to ``conv5_3``, ``fc6``, ``fc7`` and ``fc8`` with ``weight`` and ``bias``, for faces of 224 px in RGB,
    0-255, minus the mean colour.  A model that was converted for BGR loads as well and is wrong without a word.  Our
    aligned faces show less around the face than the boxes of its training images.

    Parameters
    ----------
    file : path
        A state dict, written by ``torch.save`` or as ``.safetensors``; ``fc8`` may be left out.

    Raises
    ------
    AulibError
        At the first face, if the file cannot be read or its layers are others.
    """

    def prepare(faces: Faces) -> Tensor:
        batch = torch.from_numpy(resized(faces, 224)).permute(0, 3, 1, 2).float()
        return batch - torch.tensor(_VGG_FACE_MEAN)[:, None, None]

    return from_network(
        "vgg-face",
        "VGG-face descriptor",
        "Parkhi et al., BMVC 2015, with the user's weights; unproven here",
        HIDDEN,
        lambda: _with_weights(Path(file)),
        prepare,
    )


def _with_weights(file: Path) -> VGG16:
    """VGG-face with the weights of a file, which is checked before the network is made."""
    given = _read(file)
    with torch.device("meta"):
        network = VGG16(_VGG_FACE_PEOPLE)
    own = network.state_dict()
    for name, expected in own.items():
        if name in given and given[name].shape != expected.shape:
            raise AulibError(
                f"{paths.shown(file)}: {name} is {tuple(given[name].shape)}, VGG-face has {tuple(expected.shape)}"
            )
        if name not in given and not name.startswith("fc8"):
            raise AulibError(
                f"{paths.shown(file)} lacks {name!r}, so it is no state dict of VGG-face; "
                f"it holds {', '.join(list(given)[:4])} ..."
            )
    names = {"fc8.weight": torch.zeros(own["fc8.weight"].shape), "fc8.bias": torch.zeros(_VGG_FACE_PEOPLE)}
    network.load_state_dict({name: (names | given)[name].float() for name in own}, assign=True)
    return network


def _read(file: Path) -> dict[str, Tensor]:
    """A state dict; only tensors are read, never code."""
    try:
        if file.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(file)
        given = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # torch and safetensors raise errors of many kinds for a file that is not theirs
        raise AulibError(
            f"{paths.shown(file)}: no weights can be read ({type(error).__name__}); give a PyTorch state dict of "
            f"VGG-face, written by torch.save or as .safetensors"
        ) from error
    given = given.get("state_dict", given) if isinstance(given, dict) else {}
    return {str(name): value for name, value in given.items() if isinstance(value, Tensor)}
