{
  # The native hash loops: optional, built by `npm run build:native`. One library for each
  # instruction set, compiled with its own flags; cpu.c picks at run time.
  'variables': {
    'strict': ['-std=c11', '-Wall', '-Wextra', '-Wpedantic'],
  },
  'target_defaults': {
    'cflags_c': ['<@(strict)'],
    'xcode_settings': {'OTHER_CFLAGS': ['<@(strict)'], 'MACOSX_DEPLOYMENT_TARGET': '11.0'},
    'msvs_settings': {'VCCLCompilerTool': {'AdditionalOptions': ['/std:c11']}},
  },
  'targets': [
    {
      'target_name': 'orca',
      'sources': ['addon.c', 'cpu.c'],
      'conditions': [
        ['target_arch == "x64"', {'dependencies': ['avx512', 'avx2', 'sha_ni']}],
        ['target_arch == "arm64"', {'dependencies': ['armv8']}],
      ],
    },
  ],
  'conditions': [
    ['target_arch == "x64"', {
      'targets': [
        {
          'target_name': 'avx512',
          'type': 'static_library',
          'sources': ['avx512.c'],
          # Keeps the interleaving of two versions as written.
          'cflags_c': ['-O2', '-mavx512f', '-mavx512bw', '-fno-schedule-insns2'],
          'xcode_settings': {'OTHER_CFLAGS': ['-O2', '-mavx512f', '-mavx512bw']},
        },
        {
          'target_name': 'avx2',
          'type': 'static_library',
          'sources': ['avx2.c'],
          'cflags_c': ['-O2', '-mavx2'],
          'xcode_settings': {'OTHER_CFLAGS': ['-O2', '-mavx2']},
        },
        {
          'target_name': 'sha_ni',
          'type': 'static_library',
          'sources': ['sha-ni.c'],
          'cflags_c': ['-O2', '-msse4.1', '-msha'],
          'xcode_settings': {'OTHER_CFLAGS': ['-O2', '-msse4.1', '-msha']},
        },
      ],
    }],
    ['target_arch == "arm64"', {
      'targets': [
        {
          'target_name': 'armv8',
          'type': 'static_library',
          'sources': ['armv8.c'],
          'cflags_c': ['-O2', '-march=armv8-a+crypto'],
          'xcode_settings': {'OTHER_CFLAGS': ['-O2', '-march=armv8-a+crypto']},
        },
      ],
    }],
  ],
}
