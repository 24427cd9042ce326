#!/usr/bin/env bash
# Runs the steps of the Dockerfile in clean folders, without Docker: each stage is a folder, and the
# build context holds what .dockerignore lets through. Then starts the result, asks its HEALTHCHECK,
# and stops it. What needs root or a container (RUN, USER, VOLUME of the last stage) is left out.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
engine=
finish() {
  if [ -n "$engine" ]; then kill -KILL "$engine" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT
last_stage=$(grep -c '^FROM ' Dockerfile)

mkdir "$work/context"
sed -n 's/^!//p' .dockerignore | while read -r path; do cp -r --parents "$path" "$work/context"; done

stage= number=0 environment=()
while read -r word rest; do
  case "$word" in
    FROM)
      number=$((number + 1))
      stage=$work/${rest##* AS }
      if [ "$number" = "$last_stage" ]; then stage=$work/image; fi
      mkdir -p "$stage"
      ;;
    COPY)
      echo "image: COPY $rest"
      from=$work/context paths=()
      for part in $rest; do
        case "$part" in
          --from=*) from=$work/${part#--from=} ;;
          --*) ;;
          *) paths+=("${part#/app/}") ;;
        esac
      done
      to=${paths[-1]}
      unset 'paths[-1]'
      for path in "${paths[@]}"; do
        if [ "$to" = ./ ]; then cp -r "$from/$path" "$stage"; else cp -rT "$from/$path" "$stage/$to"; fi
      done
      ;;
    RUN)
      if [ "$number" = "$last_stage" ]; then
        echo "image: left out, needs root: $rest"
      else
        echo "image: RUN $rest"
        (cd "$stage" && bash -c "$rest")
      fi
      ;;
    ENV) read -ra environment <<<"$rest" ;;
  esac
done <Dockerfile

[ ! -e "$work/image/node_modules/typescript" ] || { echo "image: dev packages are in it"; exit 1; }

free_port() { node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }
environment+=("PATH=$PATH" HOST=127.0.0.1 "DATA_DIR=$work/data" "POLICY_PORT=$(free_port)" GRPC_PORT=0 METRICS_PORT=0)
probe=$(sed -n 's/^HEALTHCHECK .*CMD //p' Dockerfile)
healthy() {
  env -i "${environment[@]}" node -e '
    const [command, ...args] = JSON.parse(process.argv[1]);
    process.exit(require("node:child_process").spawnSync(command, args).status ?? 1);
  ' "$probe"
}

cd "$work/image"
env -i "${environment[@]}" node dist/main.js &
engine=$!
deadline=$((SECONDS + 30))
until healthy; do
  kill -0 "$engine" || { echo "image: the engine has ended"; exit 1; }
  [ "$SECONDS" -lt "$deadline" ] || { echo "image: not healthy within 30 s"; exit 1; }
  sleep 0.2
done
echo "image: healthy"
kill -TERM "$engine"
wait "$engine" || { echo "image: SIGTERM ended it with $?, not 0"; exit 1; }
engine=
echo "image: the steps pass with Node $(node -p process.versions.node) of this machine"
echo "image: NO CONTAINER WAS BUILT: base image, user, volume and published ports were not tried"
