/**
 * ffmpeg and ffprobe as a library: find the programs, look into a video, decode sampled frames with their own time
 * stamps, cut clips and thumbnails, list the videos of a folder. Everything read is untrusted: inputs are plain files
 * of listed formats, never URLs or playlists, and every child process is bounded, watched and waited for.
 */
export { cutClip, type ClipRequest } from './cut-clip.ts'
export { type CutClip, type Reencoded } from './exact-clip.ts'
export { cutThumbnail } from './cut-thumbnail.ts'
export { letterbox, type Letterbox } from './letterbox.ts'
export { isVideo, listVideos, type VideoFile, type VideoList } from './list-videos.ts'
export { locateMediaTools, type MediaTool, type MediaTools } from './media-tools.ts'
export { evenSize, paintClip, type PaintedClip } from './paint-clip.ts'
export {
  blankPicture,
  drawLabel,
  hideRegion,
  labelSize,
  outlineBox,
  outlinePolygon,
  pastePicture,
  type Colour,
  type Picture,
} from './picture.ts'
export { type Point, type Region } from './regions.ts'
export { takePicture, writeJpeg } from './take-picture.ts'
export { probeVideo, type VideoInfo } from './probe-video.ts'
export { sampleFrames, type DecodeSummary, type SampledFrame } from './sample-frames.ts'
export type { Decoding, FootagePart, FrameShape, SampleRequest } from './sampling-arguments.ts'
export { measureDecode } from './measure-decode.ts'
export { isImage, readImage, type ShapedImage } from './read-image.ts'
export { writeCrops, type Crop } from './write-crops.ts'
export { scanPackets, type PacketScan } from './scan-packets.ts'
