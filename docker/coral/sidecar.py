#!/usr/bin/env python3
"""The reference detector sidecar (docs/sidecar.md): YOLOv5 exports for TFLite, on an Edge TPU or on the CPU.

    sidecar.py --model yolov5n-int8_edgetpu.tflite --labels coco.txt          Edge TPU (libedgetpu.so.1)
    sidecar.py --model yolov5n-int8.tflite --labels coco.txt --cpu            CPU interpreter
    ... --library libtensorflowlite_c.so                                      TFLite’s C library, without its Python package

Takes models with one output [1, rows, 5 + classes] of uint8, int8 or float32, boxes in 0..1 of the input, as YOLOv5’s
export.py writes them. Non-maximum suppression is left to the host.
"""

import argparse
import ctypes
import json
import os
import struct
import sys

import numpy as np

MAGIC, VERSION, HEADER = b"EDSC", 1, struct.Struct("<4sBBHI")
HELLO, READY, FRAME, BOXES, ERROR, BYE = 1, 2, 3, 4, 5, 6
LONGEST = 64 * 2**20
MOST_BOXES = 4096


class Wire:
    """Messages over stdin and stdout. What else writes to stdout goes to stderr instead."""

    def __init__(self):
        self.source = sys.stdin.buffer
        self.sink = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)

    def read(self):
        """Kind and body of the next message; None at the end of the input."""
        head = self.source.read(HEADER.size)
        if len(head) < HEADER.size:
            return None
        magic, version, kind, _, length = HEADER.unpack(head)
        if magic != MAGIC or version != VERSION or length > LONGEST:
            raise ValueError(f"no message of version {VERSION} of the protocol: {head!r}")
        body = self.source.read(length)
        return (kind, body) if len(body) == length else None

    def send(self, kind, document):
        text = json.dumps(document, allow_nan=False).encode()
        self.sink.write(HEADER.pack(MAGIC, VERSION, kind, 0, len(text)) + text)
        self.sink.flush()


class PackagedInterpreter:
    """TFLite by its Python package, with the Edge TPU’s delegate unless told otherwise."""

    def __init__(self, model, on_cpu, threads):
        try:
            from tflite_runtime.interpreter import Interpreter, load_delegate
        except ImportError:
            from ai_edge_litert.interpreter import Interpreter, load_delegate
        delegates = [] if on_cpu else [load_delegate("libedgetpu.so.1")]
        self.interpreter = Interpreter(model, num_threads=threads, experimental_delegates=delegates)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]
        self.output = self.interpreter.get_output_details()[0]

    def tensors(self):
        return [
            (tuple(map(int, each["shape"])), np.dtype(each["dtype"]), *each["quantization"])
            for each in (self.input, self.output)
        ]

    def run(self, pixels):
        self.interpreter.set_tensor(self.input["index"], pixels)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output["index"])


class Quantization(ctypes.Structure):
    _fields_ = [("scale", ctypes.c_float), ("zero", ctypes.c_int32)]


class LibraryInterpreter:
    """TFLite by its C library (tensorflow/lite/c/c_api.h), on the CPU."""

    dtypes = {1: np.float32, 3: np.uint8, 9: np.int8}

    def __init__(self, library, model, threads):
        self.c = ctypes.CDLL(library)
        for name, result, *arguments in (
            ("ModelCreateFromFile", "p", "s"), ("InterpreterOptionsCreate", "p"),
            ("InterpreterOptionsSetNumThreads", "v", "p", "i"), ("InterpreterCreate", "p", "p", "p"),
            ("InterpreterAllocateTensors", "i", "p"), ("InterpreterInvoke", "i", "p"),
            ("InterpreterGetInputTensor", "p", "p", "i"), ("InterpreterGetOutputTensor", "p", "p", "i"),
            ("TensorType", "i", "p"), ("TensorNumDims", "i", "p"), ("TensorDim", "i", "p", "i"),
            ("TensorQuantizationParams", "q", "p"), ("TensorCopyFromBuffer", "i", "p", "b", "z"),
            ("TensorCopyToBuffer", "i", "p", "b", "z"),
        ):
            types = {"p": ctypes.c_void_p, "s": ctypes.c_char_p, "i": ctypes.c_int, "v": None,
                     "q": Quantization, "b": ctypes.c_void_p, "z": ctypes.c_size_t}
            function = getattr(self.c, "TfLite" + name)
            function.restype, function.argtypes = types[result], [types[each] for each in arguments]
        self.model = self.c.TfLiteModelCreateFromFile(os.fsencode(model))
        if not self.model:
            raise ValueError(f"{model} is no TFLite model")
        options = self.c.TfLiteInterpreterOptionsCreate()
        self.c.TfLiteInterpreterOptionsSetNumThreads(options, threads)
        self.interpreter = self.c.TfLiteInterpreterCreate(self.model, options)
        if not self.interpreter or self.c.TfLiteInterpreterAllocateTensors(self.interpreter) != 0:
            raise ValueError(f"TFLite cannot run {model} on the CPU (is it compiled for an accelerator?)")
        self.input = self.c.TfLiteInterpreterGetInputTensor(self.interpreter, 0)
        self.output = self.c.TfLiteInterpreterGetOutputTensor(self.interpreter, 0)

    def tensors(self):
        return [self.describe(self.input), self.describe(self.output)]

    def describe(self, tensor):
        kind = self.c.TfLiteTensorType(tensor)
        if kind not in self.dtypes:
            raise ValueError(f"a tensor of TFLite’s type {kind}")
        shape = tuple(self.c.TfLiteTensorDim(tensor, at) for at in range(self.c.TfLiteTensorNumDims(tensor)))
        quantization = self.c.TfLiteTensorQuantizationParams(tensor)
        return shape, np.dtype(self.dtypes[kind]), quantization.scale, quantization.zero

    def run(self, pixels):
        pixels = np.ascontiguousarray(pixels)
        shape, dtype, *_ = self.describe(self.output)
        answer = np.empty(shape, dtype)
        steps = (
            lambda: self.c.TfLiteTensorCopyFromBuffer(self.input, pixels.ctypes.data, pixels.nbytes),
            lambda: self.c.TfLiteInterpreterInvoke(self.interpreter),
            lambda: self.c.TfLiteTensorCopyToBuffer(self.output, answer.ctypes.data, answer.nbytes),
        )
        for step in steps:
            if step() != 0:
                raise RuntimeError("TFLite failed at a frame")
        return answer


class Detector:
    """Pictures to boxes, for one model."""

    def __init__(self, interpreter, classes):
        self.interpreter, self.classes = interpreter, classes
        (shape, self.dtype, self.scale, self.zero), (answer, _, self.out_scale, self.out_zero) = interpreter.tensors()
        if len(shape) != 4 or shape[0] != 1 or shape[3] != 3:
            raise ValueError(f"the model’s input is {shape}, not [1, height, width, 3]")
        if len(answer) != 3 or answer[0] != 1 or answer[2] != 5 + len(classes):
            raise ValueError(f"the model’s output is {answer}; {len(classes)} labels need {5 + len(classes)} columns")
        _, self.height, self.width, _ = shape

    def quantize(self, pixels):
        """RGB bytes as the input takes them: 0..1, in its steps."""
        if self.dtype == np.float32:
            return pixels.astype(np.float32) / 255
        if self.dtype == np.uint8 and self.zero == 0 and abs(self.scale * 255 - 1) < 1e-3:
            return pixels
        limits = np.iinfo(self.dtype)
        steps = np.rint(pixels.astype(np.float32) / (255 * self.scale)) + self.zero
        return np.clip(steps, limits.min, limits.max).astype(self.dtype)

    def real(self, numbers):
        if numbers.dtype == np.float32:
            return numbers
        return (numbers.astype(np.float32) - self.out_zero) * self.out_scale

    def detect(self, pixels, threshold):
        picture = np.frombuffer(pixels, np.uint8).reshape(1, self.height, self.width, 3)
        rows = self.interpreter.run(self.quantize(picture))[0]
        # Objectness first: most rows end there, and need not be dequantized.
        rows = self.real(rows[self.real(rows[:, 4]) > threshold])
        best = rows[:, 5:].argmax(axis=1)
        scores = np.clip(rows[:, 4] * rows[np.arange(len(rows)), 5 + best], 0, 1)
        order = np.argsort(-scores, kind="stable")
        kept = order[scores[order] > threshold][:MOST_BOXES]
        centre = rows[kept, 0:2] * (self.width, self.height)
        half = np.abs(rows[kept, 2:4] * (self.width, self.height)) / 2
        corners = np.hstack([centre - half, centre + half])
        return [
            [*map(float, box), float(score), int(number)]
            for box, score, number in zip(corners, scores[kept], best[kept])
        ]


def open_detector(options):
    with open(options.labels, encoding="utf-8") as lines:
        classes = [line.strip() for line in lines if line.strip()]
    if options.library is None:
        interpreter = PackagedInterpreter(options.model, options.cpu, options.threads)
    else:
        interpreter = LibraryInterpreter(options.library, options.model, options.threads)
    return Detector(interpreter, classes)


def serve(wire, options):
    detector, threshold = None, 0.25
    while (message := wire.read()) is not None:
        kind, body = message
        if kind == HELLO:
            threshold = json.loads(body)["scoreThreshold"]
            detector = open_detector(options)
            size = {"width": detector.width, "height": detector.height, "format": "rgb24"}
            wire.send(READY, {"name": options.name, "classes": detector.classes, "input": size})
        elif kind == FRAME:
            length = struct.unpack_from("<I", body)[0]
            frame = json.loads(body[4 : 4 + length])
            wire.send(BOXES, {"id": frame["id"], "boxes": detector.detect(body[4 + length :], threshold)})
        elif kind == BYE:
            return


def main():
    parser = argparse.ArgumentParser(description="A detector sidecar for YOLOv5 models of TFLite.")
    parser.add_argument("--model", required=True)
    parser.add_argument("--labels", required=True, help="names of the classes, one a line")
    parser.add_argument("--cpu", action="store_true", help="without the Edge TPU")
    parser.add_argument("--library", help="TFLite’s C library, for a machine without its Python package; cpu only")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--name", default="coral")
    options = parser.parse_args()
    if options.library is not None and not options.cpu:
        parser.error("--library runs on the cpu only: say --cpu as well")
    wire = Wire()
    try:
        serve(wire, options)
    except Exception as error:  # the host is told whatever it was, and this program ends
        wire.send(ERROR, {"message": f"{type(error).__name__}: {error}"})
        raise


if __name__ == "__main__":
    main()
