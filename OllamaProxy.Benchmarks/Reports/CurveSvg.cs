using System.Globalization;

namespace OllamaProxy.Benchmarks.Reports;

/// <summary>The curve of cost against prompts in the file, as a line chart with logarithmic axes that reads in light and dark.</summary>
internal static class CurveSvg
{
    private const int Width = 720, Height = 400;
    private const int Left = 70, Right = 110, Top = 40, Bottom = 50;

    private static readonly string[] Colors = ["#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#0891b2", "#be185d"];

    public static string Of(IReadOnlyList<CurvePoint> points)
    {
        var costs = points.SelectMany(point => point.Microseconds.Values).ToArray();
        var x = new Scale(points[0].Prompts, points[^1].Prompts, Left, Width - Right);
        var y = new Scale(PowerBelow(costs.Min()), PowerBelow(costs.Max()) * 10, Height - Bottom, Top);
        var names = points[^1].Microseconds.OrderBy(cost => cost.Value).Select(cost => cost.Key).ToArray();
        var ticks = string.Concat(points.Select(point => XTick(point.Prompts, x)))
            + string.Concat(y.Powers().Select(power => YTick(power, y)));
        var lines = string.Concat(names.Select((name, i) => Line(points, name, Colors[i % Colors.Length], x, y, LabelAt(i))));
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" font-family="system-ui, sans-serif" font-size="12"
                role="img">
              <title>What an operation costs as the file grows</title>
              <rect width="{Width}" height="{Height}" rx="8" fill="#ffffff"/>
              <text x="{Left}" y="22" font-size="14" font-weight="600" fill="#111827">Median cost of an operation, in µs</text>
              <text x="{(Left + Width - Right) / 2}" y="{Height - 12}" text-anchor="middle"
                fill="#374151">prompts in the file, a tenth of them queued</text>
            {ticks}{lines}</svg>

            """;

        // Lines that end at nearly the same height must not have their names on top of each other.
        double LabelAt(int line)
        {
            var at = double.PositiveInfinity;
            foreach (var name in names.Take(line + 1))
                at = Math.Min(y.At(points[^1].Microseconds[name]), at - 15);
            return at;
        }
    }

    private static string XTick(int prompts, Scale x) => Text(
        $"""  <text x="{x.At(prompts):0.#}" y="{Height - Bottom + 18}" text-anchor="middle" fill="#374151">{prompts:N0}</text>""");

    private static string YTick(double power, Scale y) => Text(
        $"""
          <line x1="{Left}" x2="{Width - Right}" y1="{y.At(power):0.#}" y2="{y.At(power):0.#}" stroke="#e5e7eb"/>
          <text x="{Left - 8}" y="{y.At(power) + 4:0.#}" text-anchor="end" fill="#374151">{power:#,0.##}</text>
        """);

    private static string Line(IReadOnlyList<CurvePoint> points, string name, string color, Scale x, Scale y, double labelAt)
    {
        var places = points.Select(point => (X: x.At(point.Prompts), Y: y.At(point.Microseconds[name]))).ToArray();
        return Text($"""  <polyline points="{string.Join(' ',
            places.Select(place => Number($"{place.X:0.#},{place.Y:0.#}")))}" fill="none" stroke="{color}" stroke-width="2"/>""")
            + string.Concat(places.Select(place => Text($"""  <circle cx="{place.X:0.#}" cy="{place.Y:0.#}" r="3" fill="{color}"/>""")))
            + Text($"""  <text x="{Width - Right + 10}" y="{labelAt + 4:0.#}" fill="{color}">{name}</text>""");
    }

    private static string Text(FormattableString element) => Number(element) + "\n";

    private static string Number(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static double PowerBelow(double value) => Math.Pow(10, Math.Floor(Math.Log10(value)));

    /// <summary>A logarithmic scale.</summary>
    private sealed record Scale(double Low, double High, double From, double To)
    {
        public double At(double value) => From + ((To - From) * Math.Log(value / Low) / Math.Log(High / Low));

        public IEnumerable<double> Powers()
        {
            for (var power = Low; power <= High * 1.001; power *= 10)
                yield return power;
        }
    }
}
