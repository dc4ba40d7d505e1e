import type { Detection } from '../detector/index.ts'

/**
 * The text of a label file as YOLOv5 v7.0 detect.py writes it: a line `class xc yc w h [score]` for each box, weakest
 * first, boxes rounded to whole pixels of the picture and given in 0..1, numbers as C’s %g.
 */
export function formatLabels(
  detections: readonly Detection[],
  {
    width,
    height,
    withScores,
  }: { readonly width: number; readonly height: number; readonly withScores: boolean },
): string {
  return detections
    .toSorted((a, b) => a.score - b.score)
    .map(({ classId, score, box }) => {
      const [left, top, right, bottom] = wholePixels(box, { width, height })
      const placed = [
        (left + right) / 2 / width,
        (top + bottom) / 2 / height,
        (right - left) / width,
        (bottom - top) / height,
      ]
      return `${[classId, ...placed, ...(withScores ? [score] : [])].map(formatGeneral).join(' ')}\n`
    })
    .join('')
}

/** Left, top, right and bottom of a box in whole pixels of the picture. */
export function wholePixels(
  [x, y, w, h]: Detection['box'],
  { width, height }: { readonly width: number; readonly height: number },
): readonly [left: number, top: number, right: number, bottom: number] {
  const [left, right] = [Math.round((x - w / 2) * width), Math.round((x + w / 2) * width)]
  const [top, bottom] = [Math.round((y - h / 2) * height), Math.round((y + h / 2) * height)]
  return [left, top, right, bottom]
}

/** A number as printf’s %g: six significant digits, no zeros at the end, an exponent below 1e-4 and from 1e6 on. */
export function formatGeneral(value: number): string {
  const [mantissa = '0', exponentText = '0'] = value.toExponential(5).split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < 6) return trimmed(value.toFixed(5 - exponent))
  const digits = String(Math.abs(exponent)).padStart(2, '0')
  return `${trimmed(mantissa)}e${exponent < 0 ? '-' : '+'}${digits}`
}

function trimmed(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal
}
