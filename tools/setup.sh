#!/usr/bin/env bash
# All the set-up there is: Debian packages that are missing, the virtual environment, the Python packages.
# Usage: tools/setup.sh [run|test]    "test" adds what only the tests need.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose="${1:-run}"

packages=(tesseract-ocr libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core fonts-noto-cjk)
if [ "$purpose" = test ]; then packages+=(postgresql chromium strace); fi
python="${PYTHON:-python3}"
"$python" -c "import ensurepip" 2>/dev/null || packages+=(python3-venv)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
  sudo=""
  if [ "$(id -u)" != 0 ]; then sudo="sudo"; fi
  echo "installing ${missing[*]}" >&2
  $sudo apt-get update -q >/dev/null
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
fi

extra=""
if [ "$purpose" = test ]; then extra="[dev]"; fi
stamp=".venv/.installed-$purpose-$(sha256sum pyproject.toml | cut -c1-16)"
if [ ! -e "$stamp" ]; then
  [ -x .venv/bin/python ] || "$python" -m venv .venv
  .venv/bin/python -m pip install -q -e ".$extra"
  touch "$stamp"
fi
