import { copyFile, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runEdge } from '../support/cluster.ts'
import { makeVideo } from '../support/make-video.ts'
import { samplePath } from '../support/sample.ts'
import { tempDir } from '../support/temp-dir.ts'

const model = samplePath('models/yolov5n.onnx')

describe('edge detect with the flags of detect.py', () => {
  it('takes all of them at once', async () => {
    const cwd = await tempDir()
    const words = [
      ...['--weights', model, '--source', samplePath('videos/horses.mp4'), '--imgsz', '640'],
      ...['--conf-thres', '0.4', '--iou-thres', '0.5', '--classes', '17', '0', '--max-det', '3'],
      ...['--save-txt', '--save-conf', '--save-crop', '--nosave', '--vid-stride', '40'],
      ...['--project', 'runs', '--name', 'night'],
    ]
    const run = () => runEdge(['detect', ...words], { cwd, env: { EDGE_DATA_DIR: join(cwd, 'data') } })
    const { code, stdout, stderr } = await run()
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stdout).toContain('Labels are in runs/night/labels')
    expect(stdout).toContain('Crops are in runs/night/crops')
    const labels = (await readdir(join(cwd, 'runs/night/labels'))).sort()
    expect(labels).toEqual(['horses_1.txt', 'horses_2.txt', 'horses_3.txt'])
    for (const name of labels) {
      const lines = (await readFile(join(cwd, 'runs/night/labels', name), 'utf8')).trim().split('\n')
      expect(lines).toHaveLength(3)
      for (const line of lines) {
        const [classId, ...numbers] = line.split(' ').map(Number)
        expect(classId).toBe(17)
        expect(numbers).toHaveLength(5)
        expect(numbers[4]).toBeGreaterThanOrEqual(0.4)
      }
    }
    expect(await readdir(join(cwd, 'runs/night/crops/horse'))).toHaveLength(9)
    expect((await run()).stdout).toContain('Crops are in runs/night2/crops')
  })

  it('counts only with --nosave, and says what to add where nothing would be written', async () => {
    const cwd = await tempDir()
    const source = ['--weights', model, '--source', samplePath('coco128/images/000000000036.jpg')]
    const run = (...more: string[]) =>
      runEdge(['detect', ...source, ...more], { cwd, env: { EDGE_DATA_DIR: join(cwd, 'data') } })
    expect(await run('--nosave')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('umbrella') as string,
    })
    expect(await readdir(cwd)).not.toContain('runs')
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('--save-crop') as string })
  })

  it('takes files whose names begin with a dash, after two dashes', async () => {
    const cwd = await tempDir()
    await makeVideo(join(cwd, '-i.mp4'), { seconds: 1 })
    await copyFile(samplePath('coco128/images/000000000036.jpg'), join(cwd, '-x.jpg'))
    const env = { EDGE_DATA_DIR: join(cwd, 'data') }
    const events = await runEdge(['detect', '--model', model, '--output-dir', 'out', '--', '-i.mp4'], {
      cwd,
      env,
    })
    expect(events).toMatchObject({ code: 0, stdout: expect.stringContaining('-i.mp4') as string })
    const labels = await runEdge(['detect', '--weights', model, '--nosave', '--', '-x.jpg'], { cwd, env })
    expect(labels).toMatchObject({ code: 0, stdout: expect.stringContaining('umbrella') as string })
  })
})
