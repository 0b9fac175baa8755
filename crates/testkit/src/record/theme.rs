//! What people give their shells beside a prompt.

use std::fmt::Write;
use std::path::Path;

use super::prompt::Prompt;
use super::tools::PLUGINS;
use crate::Dice;

/// What start-up files say beside the prompt, in each shell.
#[derive(Debug, Default)]
pub(super) struct Theme {
    pub(super) bash: String,
    pub(super) zsh: String,
    pub(super) fish: String,
    /// fish keeps the prompt that it has of itself.
    pub(super) own_fish: bool,
}

/// What the directory is about, as people have it in their prompts: a branch, an environment, a cluster.
const BRANCH: &str = "case $PWD in */src*) printf ' (main)' ;; */reports*) printf ' (venv)' ;; /usr/*) printf ' [prod:web]' ;; esac";

impl Theme {
    /// What a theme's prompt needs, and more by chance.
    pub(super) fn random(dice: &mut Dice, prompt: &Prompt) -> Self {
        Self { bash: bash(dice), zsh: zsh(dice, prompt), fish: fish(dice), own_fish: dice.chance(35) }
    }
}

fn bash(dice: &mut Dice) -> String {
    // a line of its own above the prompt
    let line = match dice.below(12) {
        0 => r#"; printf "%s %s\n" "$(date +%T)" "$PWD""#,
        1 => r#"; printf -- "--- %s\n" "$PWD""#,
        _ => "",
    };
    format!(
        "__branch() {{ {BRANCH}; }}\n__failed() {{ [ \"$__status\" = 0 ] || printf '%s ' \"$__status\"; }}\n\
         PROMPT_COMMAND='__status=$?; __note R \"\"{line}'\n"
    )
}

fn zsh(dice: &mut Dice, prompt: &Prompt) -> String {
    let mut text = format!("setopt prompt_subst\n__branch() {{ {BRANCH} }}\n");
    if dice.chance(15) {
        text += "RPROMPT='%(?..%? )%*'\n";
    }
    if dice.chance(20) {
        // once a line is entered, a short prompt takes the place of the long one
        let _ = writeln!(
            text,
            "__short() {{ PROMPT='%# ' RPROMPT=; zle reset-prompt }}\nzle -N zle-line-finish __short\n\
             __right=$RPROMPT\nprecmd() {{ PROMPT=$'{}' RPROMPT=$__right; __note R \"\" }}",
            prompt.zsh()
        );
    }
    for (file, _) in PLUGINS {
        if dice.chance(40) && Path::new(file).exists() {
            let _ = writeln!(text, "source {file}");
        }
    }
    text
}

fn fish(dice: &mut Dice) -> String {
    let mut text = String::from(
        "function __branch; switch $PWD; case '*/src*'; printf ' (main)'; case '*/reports*'; printf ' (venv)'; \
         case '/usr/*'; printf ' [prod:web]'; end; end\n\
         function __failed; test $__status = 0; or printf '%s ' $__status; end\n",
    );
    if dice.chance(15) {
        text += "function fish_right_prompt; printf '%sms' $CMD_DURATION; end\n";
    }
    if dice.chance(20) {
        // says `[I]` before the prompt
        text += "fish_hybrid_key_bindings\n";
    }
    text
}
