//! A place of its own for every recording: homes with start-up files, and where the machine allows it private users
//! and a private host name, so that nothing of the machine shows and nothing of it changes.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;

use super::Mix;
use super::prompt::Prompt;
use super::theme::Theme;
use crate::Dice;

/// What `su` asks for to become the second user, and the hash of it.
pub(super) const PASSWORD: &str = "horse-battery";
const PASSWORD_HASH: &str =
    "$6$whoranwhoran$h6b3G5Q88SPtQ.gQe/SO0dHjCqZgKK9dpzog6NYKHEr8T7HSIbSRtOp/NPdbeelOt5/nWfdRsB7GMvceKELCP1";

/// Start-up files call this to note facts: kind, user, host, directory, text.
const NOTE: &str = r#"__note() { printf '%s\037%s\037%s\037%s\037%s\036' "$1" "$(id -un)" "$(hostname)" "$PWD" "$2" >>'FACTS'; }
"#;

/// Where Korn shells keep their history files.
const HISTORIES: &str = "histories";

/// What tcsh, which has no functions, hands its history's last line to, as it was read and as it was typed: before that
/// runs, and once more at the prompt, as a line that is no csh never runs. What history has put in place is what ran;
/// otherwise the blanks count as they were typed.
const TCSH_NOTE: &str = r#"all=$(cat; echo .)
read=${all%%$(printf '\036')*}
typed=${all#*$(printf '\036')}
number=$(printf '%s' "$read" | head -n 1 | tr -dc '0-9\t' | cut -f 1)
case $typed in *'!'*) typed=${read#*$(printf '\t')*$(printf '\t')}. ;; esac
typed=${typed%.}
noted=$(cat "HISTORIES/$2" 2>/dev/null)
if [ "$number" != "$noted" ]; then
    printf '%s' "$number" >"HISTORIES/$2"
    __note P "${typed%?}"
fi
[ "$1" = P ] || __note R ''
"#;

/// A fact a shell noted by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    /// Whether a command is about to run; otherwise a prompt is about to show.
    pub(super) runs: bool,
    pub(super) user: String,
    pub(super) host: String,
    pub(super) cwd: String,
    /// The command.
    pub(super) text: String,
}

/// The folder, and who lives in it.
#[derive(Debug)]
pub(super) struct House {
    dir: TempDir,
    /// User the session begins as.
    pub(super) user: String,
    /// Another user one may become.
    pub(super) other: &'static str,
    /// Name of the host.
    pub(super) host: String,
    /// Whether users, homes and host name are private; otherwise everything runs as whoever records.
    pub(super) private: bool,
    pub(super) readline: Readline,
}

/// How readline is set up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Readline {
    /// It marks its lines, which it does of itself since bash 5.1.
    pub(super) marks: bool,
    /// What a word may go on with is listed by the first Tab, not by the second.
    pub(super) lists_at_once: bool,
}

impl Readline {
    fn inputrc(self) -> String {
        let marks = if self.marks { "" } else { "set enable-bracketed-paste off\n" };
        let lists = if self.lists_at_once { "set show-all-if-ambiguous on\n" } else { "" };
        format!("{marks}{lists}")
    }
}

impl House {
    /// Builds the house.
    pub(super) fn build(dice: &mut Dice, mix: Mix, readline: Readline) -> io::Result<Self> {
        let private = private_works();
        let names = ["ssm-user", "ec2-user", "ubuntu", "admin", "j.doe", "svc_app"];
        let user = if private { dice.pick(&names).to_owned() } else { output("id", &["-un"])? };
        let host = match private {
            true => format!("{}-{}", dice.pick(&["ip-10-0-3", "web", "db-replica", "build"]), dice.below(90)),
            false => output("hostname", &[])?,
        };
        let other = dice.pick(&["deploy", "oracle", "app"]);
        let house =
            Self { dir: TempDir::with_prefix("whoran-record-")?, user, other, host, private, readline };
        fs::set_permissions(house.dir.path(), fs::Permissions::from_mode(0o755))?;
        fs::create_dir(house.path(HISTORIES))?;
        fs::set_permissions(house.path(HISTORIES), fs::Permissions::from_mode(0o1777))?;
        fs::write(house.facts_file(), "")?;
        fs::set_permissions(house.facts_file(), fs::Permissions::from_mode(0o666))?;
        house.furnish(&house.path("home").join(&house.user), dice, mix)?;
        house.furnish(&house.path("home").join(other), dice, mix)?;
        house.furnish(&house.path("root"), dice, mix)?;
        if private {
            house.write_accounts()?;
        }
        Ok(house)
    }

    /// The session user's home, as the session sees it.
    pub(super) fn home(&self) -> PathBuf {
        if self.private { Path::new("/home").join(&self.user) } else { self.path("home").join(&self.user) }
    }

    /// Where the session user's home lies for everybody else.
    pub(super) fn outside(&self) -> PathBuf {
        self.path("home").join(&self.user)
    }

    /// The command line that moves in and starts a shell there.
    pub(super) fn enter(&self, shell: &[&str]) -> Vec<String> {
        let home = self.home();
        let env = [
            "env".to_owned(),
            // whoever starts a recorder in the background has it ignore Ctrl-C, and its shells with it
            "--default-signal=INT,QUIT".into(),
            "-i".into(),
            format!("HOME={}", home.display()),
            format!("ENV={}/.shrc", home.display()),
            format!("USER={}", self.user),
            format!("LOGNAME={}", self.user),
            "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin".into(),
            "TERM=xterm-256color".into(),
            "LC_ALL=C.UTF-8".into(),
            "LANG=C.UTF-8".into(),
        ];
        let shell = shell.iter().map(|s| (*s).to_owned());
        if !self.private {
            return env.into_iter().chain(shell).collect();
        }
        let script = self.path("enter.sh").display().to_string();
        let outside = ["unshare", "--mount", "--uts", "sh", &script].map(str::to_owned);
        outside.into_iter().chain(env).chain(shell).collect()
    }

    /// What the shells noted so far.
    pub(super) fn facts(&self) -> Vec<Fact> {
        let text = fs::read(self.facts_file()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let (whole, _) = text.rsplit_once('\x1e').unwrap_or_default();
        whole.split('\x1e').filter_map(fact).collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn facts_file(&self) -> PathBuf {
        self.path("facts")
    }

    /// Start-up files and something to look at.
    fn furnish(&self, home: &Path, dice: &mut Dice, mix: Mix) -> io::Result<()> {
        let prompt = match mix {
            Mix::Ordinary if dice.chance(75) => Prompt::usual(dice),
            Mix::Themed => Prompt::themed(dice),
            _ => Prompt::random(dice),
        };
        let right = match mix {
            Mix::Hard | Mix::Themed => 30,
            Mix::Ordinary => 10,
            Mix::Rare => 0,
        };
        let right = if dice.chance(right) { Some(Prompt::right(dice)) } else { None };
        let zsh_right =
            right.as_ref().map(|right| format!("RPROMPT=$'{}'\n", right.zsh())).unwrap_or_default();
        let fish_right =
            right.as_ref().map(|right| format!("function fish_right_prompt\n{}end\n", right.fish()));
        let theme = match mix {
            Mix::Themed => Theme::random(dice, &prompt),
            _ => Theme::default(),
        };
        let note = NOTE.replace("FACTS", &self.facts_file().display().to_string());
        let bash = format!(
            "{note}__runs() {{ local h n; h=$(HISTTIMEFORMAT= history 1); h=\"${{h#\"${{h%%[! ]*}}\"}}\"; n=\"${{h%%[!0-9]*}}\"; h=\"${{h#\"$n\"}}\"; __note \"P$n\" \"${{h:2}}\"; }}\n\
             shopt -s cmdhist lithist histappend\nunset HISTFILE HISTCONTROL\nexport ENV=~/.shrc\nPS0='$(__runs)'\nPROMPT_COMMAND='__note R \"\"'\nPS1='{}'\n{}",
            prompt.bash(),
            theme.bash
        );
        let zsh = format!(
            "{note}preexec() {{ __note P \"$1\" }}\nprecmd() {{ __note R \"\" }}\nexport ENV=~/.shrc\nHISTSIZE=500\nSAVEHIST=0\nPROMPT=$'{}'\n{zsh_right}{}",
            prompt.zsh(),
            theme.zsh
        );
        let fish = format!(
            "set -g fish_greeting\nset -gx ENV ~/.shrc\nfunction __note; printf '%s\\x1f%s\\x1f%s\\x1f%s\\x1f%s\\x1e' $argv[1] (id -un) (hostname) $PWD \"$argv[2]\" >>'{}'; end\n\
             function __runs --on-event fish_preexec; __note P \"$argv[1]\"; end\n\
             function __ready --on-event fish_prompt; __note R ''; end\n\
             {}{}{}",
            self.facts_file().display(),
            match theme.own_fish {
                true => String::new(),
                false => format!("function fish_prompt\n{}end\n", prompt.fish()),
            },
            fish_right.unwrap_or_default(),
            theme.fish
        );
        let sh = format!("{note}PS1='$(__note R \"\"){}'\n", prompt.dash());
        let promptchars = if mix == Mix::Rare { dice.pick(&[">#", "%#", "$#"]) } else { "" };
        let tcsh = format!(
            "set prompt='{}'\nset history=500\nset promptchars='{promptchars}'\n\
             alias precmd '(history 1; printf \"\\036\"; set histlit; history -h 1) | sh ~/.note R $$'\n\
             alias postcmd '(history 1; printf \"\\036\"; set histlit; history -h 1) | sh ~/.note P $$'\n",
            prompt.tcsh()
        );
        let histories = self.path(HISTORIES);
        let tcsh_note = note.clone() + &TCSH_NOTE.replace("HISTORIES", &histories.display().to_string());
        let ksh = |mksh| {
            format!("PS1='{}'", prompt.ksh(mksh)).replacen("PS1='", "PS1='$(__note R \"$HISTFILE\")", 1)
        };
        let rare_sh = format!(
            "{note}case ${{KSH_VERSION-}} in\n*MIRBSD*) {} ;;\n*93*) {} ;;\n*) PS1='$(__note R \"\"){}'; return 0 ;;\nesac\n\
             set -o emacs\nHISTFILE={}/$$\n",
            ksh(true),
            ksh(false),
            prompt.dash(),
            histories.display(),
        );
        let sh = if mix == Mix::Rare { rare_sh } else { sh };
        let log: String = (0..60)
            .map(|i| {
                format!(
                    "2026-03-01 10:{i:02}:00 INFO request id={} took {}ms\n",
                    dice.hex(6),
                    dice.below(900)
                )
            })
            .collect();
        let notes = "to restart the app:\n$ sudo systemctl restart app\n# whoami\nroot@db-1:~# shutdown -h now\n[admin@web ~]$ id\n";
        let inputrc = self.readline.inputrc();
        let files = [
            (".bashrc", bash.as_str()),
            (".bash_profile", ". ~/.bashrc\n"),
            (".zshrc", &zsh),
            (".inputrc", &inputrc),
            (".config/fish/config.fish", &fish),
            (".shrc", &sh),
            // fish would begin to read all manual pages in the background if this were not there.
            (".local/share/fish/generated_completions/.keep", ""),
            ("notes.txt", notes),
            ("activate", "PS1=\"(venv) $PS1\"\n"),
            ("app.log", &log),
            ("config.yml", "server:\n  port: 8080\n  name: caf\u{e9} \u{2014} web\n"),
            ("src/main.c", "int main(void) { return 0; }\n"),
            ("src/makefile", "all:\n\techo built\n"),
            ("reports/january.csv", "id,sum\n1,20\n"),
            ("reports/february.csv", "id,sum\n2,30\n"),
        ];
        let rare = [
            (".tcshrc", tcsh.as_str()),
            (".note", &tcsh_note),
            ("activate.csh", "set prompt=\"(venv) $prompt:q\"\n"),
        ];
        let rare = rare.into_iter().filter(|_| mix == Mix::Rare);
        for (name, text) in files.into_iter().chain(rare) {
            let file = home.join(name);
            fs::create_dir_all(file.parent().unwrap_or(home))?;
            fs::write(file, text)?;
        }
        Ok(())
    }

    /// The files that make users, and the script that puts them in place within a namespace of its own.
    fn write_accounts(&self) -> io::Result<()> {
        let etc = self.path("etc");
        fs::create_dir_all(&etc)?;
        let mut script = String::from("set -e\n");
        let Self { user, other, host, .. } = self;
        let add = |name: &str, more: String| -> io::Result<()> {
            let old = fs::read_to_string(Path::new("/etc").join(name)).unwrap_or_default();
            fs::write(etc.join(name), old + &more)
        };
        add(
            "passwd",
            format!(
                "{user}:x:4001:4001::/home/{user}:/bin/bash\n{other}:x:4002:4002::/home/{other}:/bin/bash\n"
            ),
        )?;
        add("group", format!("{user}:x:4001:\n{other}:x:4002:\n"))?;
        add("shadow", format!("{user}:*:20000:0:99999:7:::\n{other}:{PASSWORD_HASH}:20000:0:99999:7:::\n"))?;
        add("hosts", format!("127.0.1.1 {host}\n"))?;
        fs::write(etc.join("sudoers"), format!("root ALL=(ALL) ALL\n{user} ALL=(ALL) NOPASSWD:ALL\n"))?;
        fs::set_permissions(etc.join("shadow"), fs::Permissions::from_mode(0o600))?;
        fs::set_permissions(etc.join("sudoers"), fs::Permissions::from_mode(0o440))?;
        let dir = self.dir.path().display();
        for (from, to) in [
            ("etc/passwd", "/etc/passwd"),
            ("etc/group", "/etc/group"),
            ("etc/shadow", "/etc/shadow"),
            ("etc/hosts", "/etc/hosts"),
            ("etc/sudoers", "/etc/sudoers"),
            ("home", "/home"),
            ("root", "/root"),
        ] {
            script += &format!("[ ! -e {to} ] || mount --bind '{dir}/{from}' {to}\n");
        }
        script += &format!(
            "chown -R {user}: /home/{user}\nchown -R {other}: /home/{other}\nhostname {host}\ncd /home/{user}\n\
             exec setpriv --reuid={user} --regid={user} --init-groups \"$@\"\n"
        );
        fs::write(self.path("enter.sh"), script)
    }
}

fn fact(record: &str) -> Option<Fact> {
    let mut fields = record.splitn(5, '\x1f').map(str::to_owned);
    let kind = fields.next()?;
    Some(Fact {
        runs: kind.starts_with('P'),
        user: fields.next()?,
        host: fields.next()?,
        cwd: fields.next()?,
        text: fields.next()?,
    })
}

/// Whether mounts and a host name of our own are allowed: for root outside most containers.
fn private_works() -> bool {
    let mut probe = std::process::Command::new("unshare");
    probe
        .args([
            "--mount",
            "--uts",
            "sh",
            "-c",
            "mount --bind /etc/passwd /etc/passwd && command -v setpriv sudo",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    probe.status().is_ok_and(|s| s.success())
}

fn output(program: &str, args: &[&str]) -> io::Result<String> {
    let out = std::process::Command::new(program).args(args).output()?;
    Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_hears_ctrl_c_also_where_the_recorder_does_not() {
        let house =
            House::build(&mut Dice::new(1), Mix::Hard, Readline { marks: false, lists_at_once: false })
                .unwrap();
        let shell = house.enter(&["grep", "^SigIgn", "/proc/self/status"]);
        let deaf = ["-c", "trap '' INT QUIT; exec \"$@\"", "sh"].map(str::to_owned);
        let args: Vec<&str> = deaf.iter().chain(&shell).map(String::as_str).collect();
        let ignored = output("sh", &args).unwrap();
        let signals = u64::from_str_radix(ignored.trim_start_matches("SigIgn:").trim(), 16).unwrap();
        // signals 2 and 3
        assert_eq!(signals & 0b110, 0, "{ignored}");
    }
}
