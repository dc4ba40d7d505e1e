import type { Settings } from '../config/index.ts'

/** The owner’s own ffmpeg and ffprobe, where one was named. */
export function mediaSettings({ ffmpeg, ffprobe }: Pick<Settings, 'ffmpeg' | 'ffprobe'>): {
  ffmpeg?: string
  ffprobe?: string
} {
  return { ...(ffmpeg === undefined ? {} : { ffmpeg }), ...(ffprobe === undefined ? {} : { ffprobe }) }
}
