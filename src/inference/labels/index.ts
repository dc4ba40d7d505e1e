/**
 * Labels: detections of every frame of pictures and videos as the text files, and the pictures of boxes, that YOLOv5’s
 * detect.py writes, in run folders named as it names them. For people who know detect.py, and for a dense truth to evaluate events by.
 */
export { findFootage } from './find-footage.ts'
export { labelFootage } from './label-footage.ts'
export type { LabelledFile } from './label-footage.ts'
export { makeRunFolder } from './run-folder.ts'
