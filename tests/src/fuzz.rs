//! Seeded noise: the same seed gives the same inputs on every machine.

/// A source of numbers that look random (SplitMix64).
#[derive(Debug, Clone)]
pub struct Noise(u64);

impl Noise {
    /// Returns the noise of a seed.
    pub fn new(seed: u64) -> Noise {
        Noise(seed)
    }

    /// Returns the next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below a bound above 0.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.number() % bound as u64).expect("below a usize")
    }

    /// Returns one of the items, of which there is at least one.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// Returns a text changed in one to four places: pieces doubled, dropped, moved, or tokens put in.
    pub fn mutate(&mut self, text: &str, tokens: &[&str]) -> String {
        let mut text = text.to_owned();
        for _ in 0..=self.below(4) {
            let (a, b) = (self.boundary(&text), self.boundary(&text));
            let (start, end) = (a.min(b), a.max(b).min(a.min(b) + 64));
            let end = (end..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
            let piece = text[start..end].to_owned();
            let place = self.boundary(&text);
            match self.below(5) {
                0 => text.replace_range(start..end, ""),
                1 => text.insert_str(place, &piece),
                2 => text.replace_range(start..end, self.pick(tokens)),
                _ => text.insert_str(place, self.pick(tokens)),
            }
        }
        text
    }

    /// Returns a text made of tokens alone.
    pub fn compose(&mut self, tokens: &[&str], most: usize) -> String {
        (0..=self.below(most)).map(|_| self.pick(tokens)).collect()
    }

    fn boundary(&mut self, text: &str) -> usize {
        let at = self.below(text.len() + 1);
        (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
    }
}

/// Runs a check on so many inputs of a fuzz test; many more with `RUN_SLOW_TESTS`. The seed is part of the name of the
/// input, so that a failure can be run again alone.
///
/// # Panics
/// When the check panics, with the seed.
pub fn rounds(brief: u64, check: impl Fn(u64, &mut Noise)) {
    let count = if crate::workspace::slow() { brief * 200 } else { brief };
    for seed in 0..count {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(seed, &mut Noise::new(seed))));
        if let Err(payload) = outcome {
            eprintln!("the input of seed {seed} failed");
            std::panic::resume_unwind(payload);
        }
    }
}
