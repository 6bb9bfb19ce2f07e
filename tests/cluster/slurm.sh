#!/bin/sh
# A real Slurm on this machine, one node with its own cores: `slurm.sh start DIRECTORY`, `slurm.sh stop DIRECTORY`.
# Needs root, and Debian's slurm-wlm and munge. What it writes is in DIRECTORY; SLURM_CONF=DIRECTORY/slurm.conf is then
# what sbatch, squeue and scancel need. It listens on loopback.
set -eu
directory=$2

start() {
    mkdir -p "$directory/state" "$directory/spool" "$directory/munge"
    chmod 711 "$directory" && chmod 700 "$directory/munge"
    dd if=/dev/urandom of="$directory/munge/key" bs=1 count=1024 2>/dev/null
    chmod 600 "$directory/munge/key"
    munged --force --key-file="$directory/munge/key" --socket="$directory/munge.socket" \
        --pid-file="$directory/munge/pid" --log-file="$directory/munge/log" --seed-file="$directory/munge/seed"
    cat > "$directory/slurm.conf" <<CONF
ClusterName=here
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$directory/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
ReturnToService=2
SlurmctldPidFile=$directory/slurmctld.pid
SlurmdPidFile=$directory/slurmd.pid
SlurmctldLogFile=$directory/slurmctld.log
SlurmdLogFile=$directory/slurmd.log
StateSaveLocation=$directory/state
SlurmdSpoolDir=$directory/spool
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
KillWait=10
MinJobAge=60
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$(awk '/MemTotal/ {print int($2 / 1100)}' /proc/meminfo) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=60 State=UP OverSubscribe=NO
CONF
    SLURM_CONF="$directory/slurm.conf" slurmctld
    SLURM_CONF="$directory/slurm.conf" slurmd
}

stop() {
    for pid in "$directory/slurmctld.pid" "$directory/slurmd.pid" "$directory/munge/pid"; do
        [ -f "$pid" ] && kill "$(cat "$pid")" 2>/dev/null || true
    done
}

"$1"
