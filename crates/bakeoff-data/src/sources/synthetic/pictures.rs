//! Pictures of items: the colour shows the category, the texture the style, a figure in the middle the grade.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_distr::{Distribution, Normal};
use rayon::prelude::*;

use super::style::Stream;
use super::world::World;
use crate::column::{Dense, Numbers};

/// What the card says.
pub(super) const NOTE: &str = "Column `image`: the colour shows the category, wide or narrow stripes or dots one of four \
    styles, a circle, square or triangle the worst, middle or best third by quality, under noise of 6 of 255.";

/// The pictures of `items`, `[3, size, size]` each.
pub(super) fn pictures(world: &World, items: &[u32], size: usize, seed: u64) -> Dense {
    let mut pixels = vec![0; items.len() * 3 * size * size];
    pixels.par_chunks_exact_mut(3 * size * size).zip(items).for_each(|(block, &item)| {
        draw(world, item, size, seed, block);
    });
    Dense {
        shape: vec![3, size, size],
        numbers: Numbers::U8(pixels),
        is_missing: vec![false; items.len()],
    }
}

fn draw(world: &World, item: u32, size: usize, seed: u64, block: &mut [u8]) {
    let rng = &mut Stream::Images.rng(seed, item);
    let n_categories = f64::from(world.n_categories());
    let hue = (f64::from(world.category(item)) + rng.random_range(-0.2..0.2)) / n_categories;
    let background = rgb(hue.rem_euclid(1.0));
    let side = size as f64;
    let texture = Texture {
        period: side / if world.styles.of_item(item).is_multiple_of(2) { 4.0 } else { 8.0 },
        is_dotted: world.styles.of_item(item) >= 2,
        angle: rng.random_range(-0.25..0.25),
        shift: [rng.random(), rng.random()],
    };
    let mut middle = || side * rng.random_range(0.45..0.55);
    let (centre, radius) = ([middle(), middle()], 0.2 * side);
    let grade = world.grade(item);
    let noise = Normal::new(0.0, 6.0).expect("the deviation is positive");
    for y in 0..size {
        for x in 0..size {
            let at = [x as f64 + 0.5, y as f64 + 0.5];
            let is_figure =
                is_in_figure(grade, (at[0] - centre[0]) / radius, (at[1] - centre[1]) / radius);
            let light = 0.72 + if texture.is_marked(at) { 0.28 } else { -0.22 };
            for (channel, colour) in background.iter().enumerate() {
                let value = if is_figure { 0.95 } else { colour * light };
                let value = 255.0 * value + noise.sample(rng);
                block[(channel * size + y) * size + x] = value.round().clamp(0.0, 255.0) as u8;
            }
        }
    }
}

/// Stripes or dots; the period is wide for even styles and narrow for odd ones.
struct Texture {
    period: f64,
    is_dotted: bool,
    angle: f64,
    shift: [f64; 2],
}

impl Texture {
    /// Whether a stripe or a dot is there. Half of the area is striped, a third is dotted.
    fn is_marked(&self, [x, y]: [f64; 2]) -> bool {
        let (sin, cos) = self.angle.sin_cos();
        let across = (x * cos + y * sin) / self.period + self.shift[0];
        if !self.is_dotted {
            return (TAU * across).sin() > 0.0;
        }
        let along = (y * cos - x * sin) / self.period + self.shift[1];
        let from_dot = |place: f64| place - place.round();
        from_dot(across).hypot(from_dot(along)) < 0.33
    }
}

/// Circle, square or triangle around the origin, about 1 from the middle to the edge.
fn is_in_figure(grade: u32, x: f64, y: f64) -> bool {
    match grade {
        0 => x.hypot(y) < 1.0,
        1 => x.abs().max(y.abs()) < 0.9,
        _ => (-1.1..0.9).contains(&y) && x.abs() < 0.6 * (y + 1.1),
    }
}

/// A strong colour of a hue from 0 to 1, saturation 0.8 and value 1: `1 − 0.8 max(0, min(k, 4 − k, 1))` with
/// `k = (n + 6 hue) mod 6` and `n` = 5, 3, 1 for red, green, blue.
fn rgb(hue: f64) -> [f64; 3] {
    [5.0, 3.0, 1.0].map(|n| {
        let k = (n + 6.0 * hue).rem_euclid(6.0);
        1.0 - 0.8 * k.min(4.0 - k).clamp(0.0, 1.0)
    })
}

#[cfg(test)]
mod tests {
    use super::super::Synthetic;
    use super::super::world::tests::generate;
    use super::*;

    const SIZE: usize = 32;

    fn world() -> World {
        generate(&Synthetic { n_users: 10, ..Synthetic::default() }).0
    }

    fn channels(world: &World) -> Vec<Vec<u8>> {
        let items: Vec<u32> = (0..world.n_items()).collect();
        let Dense { numbers: Numbers::U8(pixels), .. } = pictures(world, &items, SIZE, 1) else {
            panic!("pictures are pixels");
        };
        pixels.chunks_exact(3 * SIZE * SIZE).map(<[u8]>::to_vec).collect()
    }

    /// The share of the later half of items whose class is that of the nearest mean of the first half.
    fn accuracy(features: &[Vec<f64>], classes: &[u32]) -> f64 {
        let half = features.len() / 2;
        let n_classes = classes.iter().max().map_or(0, |max| max + 1);
        let mean = |class: u32| -> Vec<f64> {
            let members: Vec<&Vec<f64>> =
                (0..half).filter(|&i| classes[i] == class).map(|i| &features[i]).collect();
            let of = |k: usize| members.iter().map(|f| f[k]).sum::<f64>() / members.len() as f64;
            (0..features[0].len()).map(of).collect()
        };
        let means: Vec<Vec<f64>> = (0..n_classes).map(mean).collect();
        let apart =
            |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
        let nearest = |i: &usize| {
            let by_distance = |&a: &usize, &b: &usize| {
                apart(&means[a], &features[*i]).total_cmp(&apart(&means[b], &features[*i]))
            };
            (0..means.len()).min_by(by_distance).unwrap() as u32
        };
        let n_right = (half..features.len()).filter(|i| nearest(i) == classes[*i]).count();
        n_right as f64 / (features.len() - half) as f64
    }

    #[test]
    fn the_mean_colour_tells_the_category_and_nothing_of_the_style() {
        let world = world();
        let colours: Vec<Vec<f64>> = (channels(&world).iter())
            .map(|block| {
                let mean = |channel: &[u8]| {
                    channel.iter().map(|&pixel| f64::from(pixel)).sum::<f64>()
                        / channel.len() as f64
                };
                let colour: Vec<f64> = block.chunks_exact(SIZE * SIZE).map(mean).collect();
                // Without brightness, of which dots have less.
                let brightest = colour.iter().copied().fold(0.0, f64::max);
                colour.iter().map(|value| value / brightest).collect()
            })
            .collect();
        let all = 0..world.n_items();
        let categories: Vec<u32> = all.clone().map(|item| world.category(item)).collect();
        let styles: Vec<u32> = all.map(|item| world.styles.of_item(item)).collect();
        assert!(accuracy(&colours, &categories) > 0.97, "{}", accuracy(&colours, &categories));
        assert!(accuracy(&colours, &styles) < 0.4, "{}", accuracy(&colours, &styles));
    }

    #[test]
    fn edges_tell_the_style() {
        let world = world();
        let edges = |block: &Vec<u8>| -> Vec<f64> {
            // The brightest channel at the border, where no figure is.
            let (mut across, mut down, mut total) = (0.0, 0.0, 0.0);
            for y in 0..SIZE - 1 {
                for x in (0..SIZE - 1).filter(|&x| !(6..25).contains(&x) || !(6..25).contains(&y)) {
                    let at = |x: usize, y: usize| {
                        (0..3)
                            .map(|c| block[(c * SIZE + y) * SIZE + x])
                            .max()
                            .map_or(0.0, f64::from)
                    };
                    across += (at(x + 1, y) - at(x, y)).abs();
                    down += (at(x, y + 1) - at(x, y)).abs();
                    total += at(x, y);
                }
            }
            vec![across / total, down / total]
        };
        let features: Vec<Vec<f64>> = channels(&world).iter().map(edges).collect();
        let styles: Vec<u32> =
            (0..world.n_items()).map(|item| world.styles.of_item(item)).collect();
        let accuracy = accuracy(&features, &styles);
        assert!(accuracy > 0.9, "{accuracy}");
    }

    #[test]
    fn figures_differ_at_their_corners() {
        let corner = |grade| [is_in_figure(grade, 0.8, -0.8), is_in_figure(grade, 0.8, 0.8)];
        assert_eq!([0, 1, 2].map(corner), [[false, false], [true, true], [false, true]]);
    }

    #[test]
    fn hues_are_those_of_the_colour_wheel() {
        let close = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(close(rgb(0.0), [1.0, 0.2, 0.2]) && close(rgb(1.0 / 3.0), [0.2, 1.0, 0.2]));
        assert!(close(rgb(1.0 / 6.0), [1.0, 1.0, 0.2]) && close(rgb(2.0 / 3.0), [0.2, 0.2, 1.0]));
    }
}
