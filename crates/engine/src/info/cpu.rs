//! INFO cpu: processor time used.

use super::Lines;
use crate::state::State;

pub fn write(state: &mut State, lines: &mut Lines) {
    let process = (state.host.port.process)();
    let seconds = |us: u64| format!("{}.{:06}", us / 1_000_000, us % 1_000_000);
    lines.field("used_cpu_sys", seconds(process.all.system_us));
    lines.field("used_cpu_user", seconds(process.all.user_us));
    lines.field("used_cpu_sys_children", seconds(process.children.system_us));
    lines.field("used_cpu_user_children", seconds(process.children.user_us));
    lines.field("used_cpu_sys_main_thread", seconds(process.main_thread.system_us));
    lines.field("used_cpu_user_main_thread", seconds(process.main_thread.user_us));
}
