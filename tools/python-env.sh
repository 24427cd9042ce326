# Sourced by scripts that need Python: finds one, and keeps packages in the user's cache, one folder
# for each set of versions.

# Prints the command of a Python that is recent enough; fails when there is none.
find_python() {
  local suitable='import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c "$suitable" >/dev/null 2>&1; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# python_env PYTHON REQUIREMENTS: prints the folder of a virtual environment that has what the file
# REQUIREMENTS names; makes it first when needed. By uv: pip takes too long over large sets.
python_env() {
  local python=$1 requirements=$2 key env fresh
  key=$({ "$python" -c 'import sys; print(sys.version, sys.prefix)' && cat "$requirements"; } | cksum | tr ' ' -)
  env=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/flopynet-policy/python-$key
  if [ ! -d "$env" ]; then
    fresh=$env-$$
    echo "python: installing what $requirements names into $env" >&2
    if ! "$python" -m venv "$fresh" >&2 ||
      ! "$fresh/bin/python" -m pip install --quiet --disable-pip-version-check uv==0.12.24 >&2 ||
      ! "$fresh/bin/python" -m uv pip install --quiet --python "$fresh/bin/python" -r "$requirements" >&2; then
      rm -rf "$fresh"
      return 1
    fi
    # Moved at the end: an installation that was cut short is never taken for a good one. Where
    # another one was faster, this one lands inside it, and goes.
    mv "$fresh" "$env"
    rm -rf "${env:?}/${fresh##*/}"
  fi
  echo "$env"
}
