/**
 * What is drawn into and beside the published footage: regions put out of sight, previews with boxes and labels, contact
 * sheets and time lines. Everything is painted frame by frame from what the detector saw; the footage is not changed.
 */
export { contactSheet } from './contact-sheet.ts'
export { linkSightings, type ObjectPath, type Sighting } from './object-paths.ts'
export { previewPainter } from './preview.ts'
export { Redactor } from './redactor.ts'
export { timelineSvg } from './timeline.ts'
