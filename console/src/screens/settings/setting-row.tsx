import { Button } from '@mantine/core';
import { useMay } from '../../api/session.ts';
import { Copy } from '../../ui/copy.tsx';
import { Time } from '../../ui/time.tsx';
import { type Setting, written } from './setting.ts';
import { Source, Value } from './value.tsx';
import classes from './rows.module.css';

/** One setting: what it is, what is in force, where that comes from, and the way to change it. */
export function SettingRow({ setting, onChange }: { readonly setting: Setting; readonly onChange: (path: string) => void }) {
  const may = useMay('admin');
  const { path, env, value, unit, source, until, live, doc, zero, values, default: standard } = setting;
  return (
    <div className={classes['row']} data-testid={`setting-${path}`}>
      <div>
        <span className="mono breakable">{path}</span> <Copy text={env} what={env} />
        <div className={classes['doc']}>{doc}</div>
        <div className={classes['doc']}>
          {values !== 'text' && `${values}. `}
          {zero !== 'not allowed' && `Zero or empty: ${zero}. `}
          {source !== 'default' && `Default: ${written(standard)}.`}
        </div>
      </div>
      <div>
        <Value value={value} unit={unit} />
      </div>
      <div>
        <Source source={source} />
        {until !== undefined && (
          <div className={classes['doc']}>
            until <Time at={until} />
          </div>
        )}
      </div>
      <div className={classes['action']}>
        {live ? (
          may && (
            <Button size="compact-xs" variant="default" onClick={() => onChange(path)} aria-label={`Change ${path}`}>
              Change
            </Button>
          )
        ) : (
          <span className={classes['doc']}>at start</span>
        )}
      </div>
    </div>
  );
}
