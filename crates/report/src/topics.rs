//! What is to be looked for in the text of commands, as questions in the query language. Reports print the questions
//! beside the answers, so that anybody can ask them again. A line that was given up with Ctrl-C did nothing.

/// A question about commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// Commands run with more rights than usual.
    Privileged,
    /// Accounts, credentials and rights are changed.
    Accounts,
    /// Records are stopped, changed or cleared.
    Logs,
    /// Logs on the node are read.
    LogReading,
    /// Software, services and schedules are changed.
    System,
    /// More rights were asked for and refused.
    Refused,
}

impl Topic {
    /// The question.
    pub fn query(self) -> &'static str {
        match self {
            Self::Privileged => "privileged:yes NOT status:aborted",
            Self::Accounts => {
                "(program:useradd OR program:adduser OR program:usermod OR program:userdel OR program:deluser OR \
                 program:groupadd OR program:addgroup OR program:groupmod OR program:groupdel OR program:gpasswd OR \
                 program:passwd OR program:chpasswd OR program:chage OR program:visudo OR program:vipw OR \
                 program:ssh-copy-id OR program:ssh-keygen OR command:\"authorized_keys\" OR command:\"/etc/sudoers\" OR \
                 command:\"/etc/passwd\" OR command:\"/etc/shadow\" OR command:\"net user\" OR command:\"net localgroup\") \
                 NOT status:aborted"
            }
            Self::Logs => {
                "(program:auditctl OR program:augenrules OR program:logrotate OR command:\"stty -echo\" OR \
                 command:\"history -c\" OR command:\"set +o history\" OR command:\"HISTFILE\" OR command:\"HISTSIZE\" OR \
                 command:\"HISTCONTROL\" OR command:\".bash_history\" OR command:\".zsh_history\" OR \
                 command:\"journalctl --vacuum\" OR command:\"journalctl --rotate\" OR command:\"wevtutil cl\" OR \
                 command:\"Clear-EventLog\" OR ((program:systemctl OR program:service OR program:kill OR program:pkill OR \
                 program:killall) AND (command:\"amazon-ssm-agent\" OR command:\"auditd\" OR command:\"rsyslog\" OR \
                 command:\"syslog\" OR command:\"journald\" OR command:\"amazon-cloudwatch-agent\")) OR \
                 ((program:rm OR program:shred OR program:truncate OR program:tee OR program:mv) AND \
                 command:\"/var/log\")) \
                 NOT status:aborted"
            }
            Self::LogReading => {
                "(command:\"/var/log\" OR program:journalctl OR program:ausearch OR program:aureport OR program:last OR \
                 program:lastb OR program:lastlog OR program:dmesg OR command:\"Get-WinEvent\" OR command:\"Get-EventLog\") \
                 NOT status:aborted"
            }
            Self::System => {
                "(program:systemctl OR program:service OR program:chkconfig OR program:update-rc.d OR program:yum OR \
                 program:dnf OR program:rpm OR program:apt OR program:apt-get OR program:dpkg OR program:snap OR \
                 program:zypper OR program:apk OR program:crontab OR program:at OR program:insmod OR program:modprobe OR \
                 program:rmmod OR program:sysctl OR program:mount OR program:umount OR program:mkfs OR program:fdisk OR \
                 program:iptables OR program:nft OR program:reboot OR program:shutdown OR command:\"/etc/cron\" OR \
                 command:\"/etc/systemd\") \
                 NOT status:aborted"
            }
            Self::Refused => {
                "output:\"is not in the sudoers file\" OR output:\"incorrect password attempt\" OR \
                 output:\"Authentication failure\" OR output:\"may not run sudo\" OR output:\"is not allowed to execute\" OR \
                 output:\"a password is required\" OR output:\"Permission denied\" OR \
                 output:\"Operation not permitted\" OR output:\"Access is denied\""
            }
        }
    }
}

/// Something to be looked for in privileged commands.
#[derive(Debug, Clone, Copy)]
pub struct Technique {
    /// What.
    pub name: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// The question; asked of privileged commands alone.
    pub query: &'static str,
}

/// All of them. `none` of these is a verdict: each is ordinary work somewhere.
pub const TECHNIQUES: &[Technique] = &[
    Technique {
        name: "a shell of another user",
        why: "what follows runs with those rights, and each command of it is in this report",
        query: "command:\"sudo -i\" OR command:\"sudo -s\" OR command:\"sudo su\" OR program:su OR command:\"sudo bash\" OR \
                command:\"sudo sh\" OR command:\"sudo zsh\" OR program:runuser OR program:machinectl",
    },
    Technique {
        name: "password files and keys",
        why: "who reads them can become somebody else",
        query: "command:\"/etc/shadow\" OR command:\"/etc/gshadow\" OR command:\"id_rsa\" OR command:\"id_ed25519\" OR \
                command:\".aws/credentials\" OR command:\".pem\" OR command:\".kube/config\" OR command:\".pgpass\"",
    },
    Technique {
        name: "credentials of the instance",
        why: "the metadata service hands out the node's own role",
        query: "command:\"169.254.169.254\" OR command:\"fd00:ec2::254\" OR command:\"169.254.170.2\" OR \
                command:\"AWS_CONTAINER_CREDENTIALS\"",
    },
    Technique {
        name: "something fetched and run",
        why: "what ran is not in the command, only where it came from",
        query: "(program:curl OR program:wget) AND (program:sh OR program:bash OR program:python OR program:python3 OR \
                program:perl)",
    },
    Technique {
        name: "encoded text",
        why: "the command does not show what it does",
        query: "program:base64 OR program:xxd OR command:\"openssl enc\" OR command:\"-EncodedCommand\"",
    },
    Technique {
        name: "code given on the command line",
        why: "an interpreter does what a program's name does not show",
        query: "command:\"python -c\" OR command:\"python3 -c\" OR command:\"perl -e\" OR command:\"ruby -e\" OR \
                command:\"node -e\" OR command:\"php -r\" OR (program:awk AND command:\"system(\")",
    },
    Technique {
        name: "connections out of the node",
        why: "a way for data or a shell to leave, which no session log shows",
        query: "program:ssh OR program:scp OR program:sftp OR program:rsync OR program:nc OR program:ncat OR program:socat OR \
                command:\"/dev/tcp/\" OR command:\"aws s3 cp\" OR command:\"aws s3 sync\"",
    },
    Technique {
        name: "destruction",
        why: "what is gone cannot be examined",
        query: "command:\"rm -rf\" OR command:\"rm -fr\" OR program:shred OR program:mkfs OR program:wipefs OR \
                (program:dd AND command:\"of=\")",
    },
    Technique {
        name: "rights of files",
        why: "set-user-id programs and open permissions outlast the session",
        query: "command:\"chmod 777\" OR command:\"chmod u+s\" OR command:\"chmod +s\" OR command:\"chmod 4755\" OR \
                program:setcap OR program:chattr OR program:setfacl",
    },
    Technique {
        name: "containers and orchestration",
        why: "what runs inside is seen only as far as the terminal showed it",
        query: "program:docker OR program:podman OR program:kubectl OR program:crictl OR program:nsenter OR program:chroot",
    },
    Technique {
        name: "data bases",
        why: "statements reach records that the operating system does not guard",
        query: "program:psql OR program:mysql OR program:mongo OR program:mongosh OR program:redis-cli OR program:sqlite3 OR \
                kind:repl",
    },
    Technique {
        name: "an answered password prompt",
        why: "that a password was given is recorded, never which",
        query: "kind:password",
    },
];

impl Technique {
    /// The question with all that is asked.
    pub fn asked(&self) -> String {
        format!("privileged:yes ({})", self.query)
    }
}
