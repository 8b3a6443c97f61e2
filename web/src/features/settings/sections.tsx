import { Info, Keyboard, KeyRound, MonitorSmartphone, Palette, UserRound } from 'lucide-react'
import type { ComponentType } from 'react'
import type { SettingsSection } from '../../lib/router'
import { About } from './About'
import { Appearance } from './Appearance'
import { Devices } from './Devices'
import { Profile } from './Profile'
import { Recovery } from './Recovery'
import { Shortcuts } from './Shortcuts'

export interface Section {
  icon: ComponentType<{ size: number; 'aria-hidden': boolean }>
  page: ComponentType
}

export const SECTIONS: Readonly<Record<SettingsSection, Section>> = {
  profile: { icon: UserRound, page: Profile },
  appearance: { icon: Palette, page: Appearance },
  devices: { icon: MonitorSmartphone, page: Devices },
  recovery: { icon: KeyRound, page: Recovery },
  keyboard: { icon: Keyboard, page: Shortcuts },
  about: { icon: Info, page: About },
}
