#!/bin/sh
# detect.py of the guide’s image, by edge: its variables are flags, and words after the image are more of them.
#   CLASSES      numbers or names between spaces; empty: all
#   CONF_THRES   0..1           WEIGHTS_PATH  .pt or .onnx
#   IOU_THRES, IMGSZ, VID_STRIDE               as detect.py’s flags
#   SAVE_CROP=1  also a picture of every box   PROVIDER  cpu, cuda, sidecar; a,b falls back from one to the next
#   EDGETPU_MODEL  of the variant coral, for its sidecar
set -eu
if [ -f /opt/coral/sidecar.py ] && [ -z "${EDGE_DETECTOR_SIDECAR:-}" ]; then
  tpu_model=${EDGETPU_MODEL:-/model/yolov5n-int8_edgetpu.tflite}
  export EDGE_DETECTOR_SIDECAR="python3 -u /opt/coral/sidecar.py --labels /opt/coral/coco.txt --model $tpu_model"
fi
if [ ! -f "$WEIGHTS_PATH" ]; then
  echo "WEIGHTS_PATH: there is no file $WEIGHTS_PATH in the container; the image has:" >&2
  ls /model >&2
  exit 2
fi
if [ -n "${CLASSES:-}" ]; then
  set -f
  # shellcheck disable=SC2086 # one word for each class
  set -- --classes $CLASSES "$@"
  set +f
fi
set -- "$@" --weights "$WEIGHTS_PATH" --conf-thres "$CONF_THRES" --provider "$PROVIDER"
[ -z "${IOU_THRES:-}" ] || set -- "$@" --iou-thres "$IOU_THRES"
[ -z "${IMGSZ:-}" ] || set -- "$@" --imgsz "$IMGSZ"
[ -z "${VID_STRIDE:-}" ] || set -- "$@" --vid-stride "$VID_STRIDE"
[ -z "${SAVE_CROP:-}" ] || set -- "$@" --save-crop
exec edge detect --source /videos --save-txt --save-conf --project /outputs --name exp --exist-ok "$@"
