import { Skeleton, Stack, Text } from '@mantine/core';
import { FilterBar } from '../../ui/filter-bar.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Panel } from '../../ui/panel.tsx';
import { counted, words } from '../../ui/words.ts';
import { ALL_SECTIONS, inSections, sectionOf, type Setting } from './setting.ts';
import { SettingRow } from './setting-row.tsx';

interface EffectiveProps {
  readonly items: readonly Setting[] | undefined;
  readonly values: { readonly search: string; readonly show: string; readonly section: string };
  readonly onFilter: (values: Readonly<Record<string, string>>) => void;
  readonly onChange: (path: string) => void;
}

const SHOWN = [
  { value: 'all', label: 'All' },
  { value: 'changed', label: 'Not the default' },
  { value: 'live', label: 'Changeable now' },
];

/** What is in force, by section. */
export function Effective({ items, values, onFilter, onChange }: EffectiveProps) {
  if (items === undefined) return <Skeleton height={400} />;
  const names = [...new Set(items.map(sectionOf))];
  const sections = inSections(items, values);
  const found = sections.reduce((sum, [, settings]) => sum + settings.length, 0);
  return (
    <Stack gap="md">
      <FilterBar
        filters={[
          { name: 'search', label: 'Search', placeholder: 'name, variable or text', width: 240 },
          {
            name: 'section',
            label: 'Section',
            choices: [{ value: ALL_SECTIONS, label: 'All sections' }, ...names.map((name) => ({ value: name, label: words(name) }))],
            width: 150,
          },
          { name: 'show', label: 'Show', choices: SHOWN, width: 160 },
        ]}
        values={values}
        onChange={({ section = '', ...rest }) => onFilter(section === values.section ? rest : { ...rest, section })}
      />
      <Text size="xs" className="quiet" role="status">
        {counted(found, 'setting')} of {items.length}
      </Text>
      {found === 0 && <Notice title="No setting matches" detail="Clear the search, or show all." />}
      {sections.map(([section, settings]) => (
        <Panel key={section} title={words(section)}>
          <div>
            {settings.map((setting) => (
              <SettingRow key={setting.path} setting={setting} onChange={onChange} />
            ))}
          </div>
        </Panel>
      ))}
    </Stack>
  );
}
