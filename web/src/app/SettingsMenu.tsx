import { Globe } from "lucide-react";
import { type Locale, locales, setLocale, useLocale } from "../i18n/locale";
import { useMessages } from "../i18n/messages";
import { Menu, MenuChoice, MenuLine } from "../ui/Menu";
import { messages } from "./messages";
import { setTheme, type Theme, useTheme } from "./theme";

/** SettingsMenu switches language and colours. */
export function SettingsMenu() {
  const m = useMessages(messages);
  const locale = useLocale();
  const theme = useTheme();
  const names: readonly Theme[] = ["system", "light", "dark"];
  return (
    <Menu label={m.settings} trigger={<Globe aria-hidden="true" />}>
      <MenuChoice<Locale>
        label={m.language}
        value={locale}
        onChange={setLocale}
        choices={Object.entries(locales).map(([value, label]) => ({ value: value as Locale, label }))}
      />
      <MenuLine />
      <MenuChoice<Theme>
        label={m.theme}
        value={theme}
        onChange={setTheme}
        choices={names.map((value) => ({ value, label: m.themes[value] }))}
      />
    </Menu>
  );
}
