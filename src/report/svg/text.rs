//! How wide a text will be, at most: the widths of a wide font stand for those that readers have.

/// The size of all text in drawings.
pub const FONT_PX: f64 = 12.0;

/// The width of a text at [`FONT_PX`], at most.
pub fn text_width(text: &str) -> f64 {
    text.chars().map(advance).sum::<f64>() * FONT_PX
}

/// The advance of a character as a share of the font size: about that of `DejaVu Sans`, one of the widest.
fn advance(character: char) -> f64 {
    match character {
        'i' | 'j' | 'l' | '\'' | '|' => 0.29,
        'f' | 't' | 'r' | 'I' | 'J' | '.' | ',' | ':' | ';' | '!' | '(' | ')' | '[' | ']' | '/' | ' '
        | '-' => 0.41,
        'm' | 'M' | 'W' | 'w' | '%' | '@' | '→' | '…' => 1.0,
        'A'..='Z' => 0.75,
        '+' | '=' | '<' | '>' | '±' | '×' | '~' => 0.84,
        _ if character.is_ascii() => 0.64,
        // What may be an ideograph or an emoji.
        _ if character as u32 >= 0x1100 => 1.3,
        _ => 0.75,
    }
}

/// The text, or as much of its begin and end as fits into a width.
pub fn fitted(text: &str, width: f64) -> String {
    if text_width(text) <= width {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let room = width - text_width("…");
    let (mut head, mut tail, mut used) = (0, characters.len(), 0.0);
    loop {
        let from_head = head <= characters.len() - tail;
        let next = if from_head { characters.get(head) } else { characters.get(tail.wrapping_sub(1)) };
        let Some(next) = next.filter(|_| head < tail) else { break };
        used += advance(*next) * FONT_PX;
        if used > room {
            break;
        }
        if from_head {
            head += 1;
        } else {
            tail -= 1;
        }
    }
    let part = |range: std::ops::Range<usize>| characters[range].iter().collect::<String>();
    format!("{}…{}", part(0..head).trim_end(), part(tail..characters.len()).trim_start())
}
