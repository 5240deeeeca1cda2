//! Records of a CSV text.

/// Quoted fields may hold commas, line breaks and doubled quotes.
pub(crate) fn records(text: &str) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    let mut row = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                field.push('"');
                chars.next();
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                out.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        out.push(row);
    }
    out
}

/// Positions of these columns; the error names the first that is missing.
#[allow(dead_code, reason = "not every example looks for columns")]
pub(crate) fn columns<const N: usize>(
    header: &[String],
    names: [&str; N],
) -> Result<[usize; N], String> {
    let mut out = [0; N];
    for (at, name) in out.iter_mut().zip(names) {
        *at = header
            .iter()
            .position(|h| h == name)
            .ok_or_else(|| format!("the file has no column {name:?}"))?;
    }
    Ok(out)
}
