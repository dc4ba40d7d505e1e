#!/bin/sh
# Makes edge/node:VARIANT and edge/yolov5:VARIANT. VARIANT: cpu (default), cuda, jetson, coral.
#   BASE_IMAGE   another base for the variant      NODE_IMAGE  where node and npm come from
#   MODEL        weights in the image (yolov5s)    CONTEXT     another context than the repository
# With DOCKER_BUILDKIT=0 it is built by the classic builder.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd -P)
context=${CONTEXT:-$root}
variant=${1:-cpu}
node_image=${NODE_IMAGE:-node:24-bookworm-slim}
onnxruntime=cpu
provider=cpu
case $variant in
  # Without a node of its own, which would lie there twice.
  cpu) base=debian:bookworm-slim ;;
  cuda)
    base=nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04
    onnxruntime=cuda12
    provider=cuda,cpu
    ;;
  # ONNX Runtime for arm64 comes from npm without CUDA: the Jetson’s CPU computes, its system is L4T.
  jetson) base=nvcr.io/nvidia/l4t-jetpack:r36.4.0 ;;
  # The sidecar of docker/coral, on whose image edge is put; the job needs --device coral.
  coral)
    base=edge-coral
    provider=sidecar,cpu
    [ -n "${BASE_IMAGE:-}" ] || docker build -t edge-coral "$root/docker/coral"
    ;;
  *)
    echo "no variant $variant: cpu, cuda, jetson or coral" >&2
    exit 2
    ;;
esac
base=${BASE_IMAGE:-$base}
docker build -f "$context/docker/node/Dockerfile" -t "edge/node:$variant" \
  --build-arg "BASE_IMAGE=$base" --build-arg "NODE_IMAGE=$node_image" --build-arg "ONNXRUNTIME=$onnxruntime" "$context"
docker build -t "edge/yolov5:$variant" \
  --build-arg "BASE_IMAGE=edge/node:$variant" --build-arg "PROVIDER=$provider" --build-arg "MODEL=${MODEL:-yolov5s}" "$context/docker/yolov5"
