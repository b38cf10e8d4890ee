#!/usr/bin/env bash
# What `make` does before every verb: check what it was given, and see to it that .venv is whole and of this place.
# It needs no Python and takes no time where all is well. Values come as variables of the environment.
#
#: The first call sets up .venv, once: about 0.6 GB to download, 2.3 GB on disk, and 5 to 15 minutes.
#: On Linux, PyTorch's usual build brings CUDA libraries, with or without a GPU: about 3 GB more to download, 4 GB more
#: on disk.  TORCH_INDEX=cpu leaves them out; it may name another of PyTorch's indexes (cu130), or be an address.
set -euo pipefail
cd "$(dirname "$0")/.."
place=$(pwd -P)

give_up() {
  echo "error: $*" >&2
  exit 2
}

one_of() { # name, value, the values that there are
  case " $3 " in
    *" ${2:-(empty)} "*) ;;
    *) give_up "$1='$2' is none of: $3" ;;
  esac
}

[ -z "${UNKNOWN// /}" ] || give_up "make knows no option ${UNKNOWN## }; known: $OPTIONS"
case "$PROFILE$PAPER" in *[[:space:]]*) give_up "PROFILE and PAPER take one word each: '$PROFILE', '$PAPER'" ;; esac
one_of PROFILE "$PROFILE" "$PROFILES"
one_of PAPER "$PAPER" "$PAPERS"
[[ $JOBS == all || $JOBS =~ ^0*[1-9][0-9]{0,3}$ ]] || give_up "JOBS='$JOBS' is neither 'all' nor a number of jobs from 1 on"
case "$place" in *:*) give_up "a virtual environment cannot lie in a folder with a colon in its name: $place" ;; esac
case "$place" in *$'\n'*) give_up "this folder has a line break in its name; rename it" ;; esac

if [ -L .venv ]; then
  exit 0 # an environment of yours, linked here on purpose: nothing is installed into it
fi

# Only what this script made is ever removed: it writes where it was into .venv/.place.
made_in=$(cat .venv/.place 2>/dev/null || true)
if [ -n "$made_in" ] && [ "$made_in" != "$place" ]; then
  echo "This checkout lay elsewhere when .venv was set up, so .venv is set up again."
  rm -rf .venv
elif [ -n "$made_in" ] && [ ! -x .venv/bin/python ]; then
  echo "The Python that .venv was made with is gone, so .venv is set up again."
  rm -rf .venv
fi

index=$(cat .venv/.ready 2>/dev/null || true)
if [ -f .venv/.ready ] && [ -n "${TORCH_INDEX:-}" ] && [ "$TORCH_INDEX" != "$index" ]; then
  give_up ".venv was set up with TORCH_INDEX='$index'; to set it up with another one, remove it first: rm -rf .venv"
fi
if [ -f .venv/.ready ] && [ ! requirements.lock -nt .venv/.ready ] && [ ! pyproject.toml -nt .venv/.ready ]; then
  exit 0
fi
index=${TORCH_INDEX:-$index}

[ -n "${PYTHON:-}" ] || give_up "no python3 found: install Python 3.11, or name one: make PYTHON=/path/to/python3.11"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
  give_up "Python 3.11 or newer is needed, $PYTHON is not; name another: make PYTHON=/path/to/python3.11"

packages=$(grep -c == requirements.lock)

progress() { # of pip: a line for every tenth package and every large file, and while it unpacks
  local found=0 line watcher=""
  while IFS= read -r line; do
    case "$line" in
      Collecting* | Processing*)
        found=$((found + 1))
        [ $((found % 10)) -ne 0 ] || echo "  found $found of $packages packages"
        ;;
      *Downloading*\ [GM]B\)) echo "  ${line#"${line%%[![:space:]]*}"}" ;;
      "Installing collected"*)
        (while sleep 15 >/dev/null 2>&1; do echo "  unpacked $(find .venv/lib -maxdepth 3 -name '*.dist-info' | wc -l) of about $packages"; done) &
        watcher=$!
        echo "  unpacking"
        ;;
    esac
  done
  [ -z "$watcher" ] || kill "$watcher"
}

if [ -f .venv/.ready ]; then
  echo "requirements.lock or pyproject.toml has changed: .venv is brought up to date."
else
  sed -n 's/^#: *//p' workflow/setup.sh | head -1
fi
if [ ! -f .venv/.ready ] && [ -z "$index" ] && [ "$(uname)" = Linux ] && ! command -v nvidia-smi >/dev/null; then
  echo "  There is no NVIDIA GPU here, and PyTorch's usual build for Linux brings CUDA libraries all the same, about 4 GB"
  echo "  more on disk.  To do without: stop this with Ctrl-C, and add TORCH_INDEX=cpu to the command."
fi
case "$index" in
  "") extra=() ;;
  *://*) extra=(--extra-index-url "$index") ;;
  *) extra=(--extra-index-url "https://download.pytorch.org/whl/$index") ;;
esac
[ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
echo "$place" >.venv/.place
pip() { PYTHONUNBUFFERED=1 .venv/bin/python -m pip "$@" --disable-pip-version-check; }
pip install -r requirements.lock ${extra[@]+"${extra[@]}"} | progress ||
  give_up "pip could not install requirements.lock, see above; the same command goes on from here"
pip install --quiet --no-deps --no-build-isolation -e . || give_up "pip could not install aulib itself, see above"
echo "$index" >.venv/.ready
