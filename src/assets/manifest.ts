import type { Asset } from './asset.ts'
import { officialModels } from './official-models.ts'

const sampleVideos = 'https://github.com/intel-iot-devkit/sample-videos/raw/master'
const raw = 'https://raw.githubusercontent.com'
const ccBy = {
  licence: 'CC-BY-4.0',
  licenceUrl: 'https://creativecommons.org/licenses/by/4.0/',
  attribution: 'Intel IoT DevKit sample-videos',
} as const

/** Every asset by name. Models are named without suffix, samples by their file. */
export const assetManifest = {
  ...officialModels,
  'yolov5n-onnx': {
    kind: 'model',
    file: 'models/yolov5n.onnx',
    bytes: 7918418,
    sha256: '6364627b27f6094c6df2e1fdf95b6272a5c35c446c39c3e4ec7807121d1cbf32',
    licence: 'AGPL-3.0',
    licenceUrl: 'https://www.gnu.org/licenses/agpl-3.0.html',
    source: 'exported from yolov5n.pt with YOLOv5 v7.0 export.py, --imgsz 640 --opset 12',
  },
  'one-by-one-person-detection.mp4': {
    kind: 'sample',
    file: 'videos/one-by-one-person-detection.mp4',
    bytes: 3291918,
    sha256: 'a5964aa259099a482a8b360ffc2c57b5a30f84d5919236a4dad01f8e929ac07c',
    ...ccBy,
    source: 'intel-iot-devkit/sample-videos',
    url: `${sampleVideos}/one-by-one-person-detection.mp4`,
  },
  'bottle-detection.mp4': {
    kind: 'sample',
    file: 'videos/bottle-detection.mp4',
    bytes: 504961,
    sha256: 'd52ba94aedf8a923c342fe9ea1d2bd85f712c4cc0f49a6de1bac43eebe3a48ff',
    ...ccBy,
    source: 'intel-iot-devkit/sample-videos',
    url: `${sampleVideos}/bottle-detection.mp4`,
  },
  'car-detection.mp4': {
    kind: 'sample',
    file: 'videos/car-detection.mp4',
    bytes: 2811553,
    sha256: 'd31e0ebf194cc16e50eea784e7c3b0b1bb7976a4fb9b3fec26cb92a6704cca34',
    ...ccBy,
    source: 'intel-iot-devkit/sample-videos',
    url: `${sampleVideos}/car-detection.mp4`,
  },
  'dog_person.mp4': {
    kind: 'sample',
    file: 'videos/dog_person.mp4',
    bytes: 1738970,
    sha256: '21425eb9b7fce7d3fb23fa17b1c07bcbe99ba9e64e3b5347d8052ba6d9c38924',
    licence: 'Apache-2.0 repository',
    licenceUrl: 'https://www.apache.org/licenses/LICENSE-2.0',
    source: 'facebookresearch/sam2@2b90b9f5ceec demo/data/gallery/01_dog.mp4',
    url: `${raw}/facebookresearch/sam2/5fb59ce1c09e6e2995d6ee4754540e39e01a7e82/demo/data/gallery/01_dog.mp4`,
  },
  'traffic_camera.mp4': {
    kind: 'sample',
    file: 'videos/traffic_camera.mp4',
    bytes: 2012084,
    sha256: 'cb8dd0170b28c6322b399d78464ff4515a32728b73c14de5e5c3729b98ce82aa',
    licence: 'BSD-2 repository, origin of the clip undocumented',
    source: 'Breakthrough/DVR-Scan@b8b229edc48d tests/resources',
    attribution: 'Andrey Nikishaev',
    url: `${raw}/Breakthrough/DVR-Scan/6afbff4374e435ce40d51311084e96bf087bf7aa/tests/resources/traffic_camera.mp4`,
  },
  'empty_brightness_change.avi': {
    kind: 'sample',
    file: 'videos/empty_brightness_change.avi',
    bytes: 1579160,
    sha256: 'a211ba0e863a467d8433beea9867b140bfee0bd0505b9c07a0874277cc15a1fa',
    licence: 'BSD-2 repository',
    source: 'Breakthrough/DVR-Scan tests/resources',
  },
  'empty_savanna_106x60.mp4': {
    kind: 'sample',
    file: 'videos/empty_savanna_106x60.mp4',
    bytes: 38464,
    sha256: '4aec9770475c973664cb633ed5347d67ec238fad6b1217aa04e44574e2107fe0',
    licence: 'MIT repository',
    source: 'drivendataorg/zamba',
  },
  'highway_320x240.avi': {
    kind: 'sample',
    file: 'videos/highway_320x240.avi',
    bytes: 983040,
    sha256: '64dd421c7a5430ba9f2b6876a4d97c2bb599c2023f42f8e3af4ac6e00dbe81a2',
    licence: 'MIT repository, origin undocumented',
    source: 'andrewssobral/bgslibrary@4622bc9cded1',
  },
  'cup_pour.mp4': {
    kind: 'sample',
    file: 'videos/cup_pour.mp4',
    bytes: 1177415,
    sha256: 'f9a439a8bf66910db3e2a9d9ea853bc24c760c8d4ca227f4c33051b1cef28c03',
    licence: 'Apache-2.0 repository',
    licenceUrl: 'https://www.apache.org/licenses/LICENSE-2.0',
    source: 'facebookresearch/sam2@2b90b9f5ceec',
  },
  'horses.mp4': {
    kind: 'sample',
    file: 'videos/horses.mp4',
    bytes: 937933,
    sha256: '647c9bf357009f5c92eaeb62a95b63e2c52251d9a764f93f959f64a124ab45b9',
    licence: 'MIT repository, origin undocumented',
    source: 'justadudewhohacks/opencv4nodejs@f6eacac939bc',
  },
  'pedestrians_h264_g20.mp4': {
    kind: 'sample',
    file: 'videos/pedestrians_h264_g20.mp4',
    bytes: 3295651,
    sha256: 'c09aeef7223b8f83fe7579fc0f46c718166327410dc2d7e042932046dbefd591',
    licence: 'OpenCV sample (Apache-2.0), origin of the clip undocumented',
    source: 'derived from vtest.avi of Debian opencv-doc',
  },
  'tree_swaying.avi': {
    kind: 'sample',
    file: 'videos/tree_swaying.avi',
    bytes: 1250680,
    sha256: '4666099d0f704e310047b2f0a5ec9f936cb76a7271de9a2e70a0c57f82ac82dc',
    licence: 'OpenCV sample (Apache-2.0), origin of the clip undocumented',
    source: 'Debian opencv-doc tree.avi',
  },
} as const satisfies Readonly<Record<string, Asset>>

export type AssetName = keyof typeof assetManifest
