namespace OllamaProxy.Benchmarks.Reports;

/// <summary>All that one run of the benchmark has to tell.</summary>
internal sealed record Report(Machine Machine, TimeSpan Took, Results Results)
{
    /// <summary>Writes it in every form into a folder.</summary>
    public async Task WriteAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "benchmarks.md"), MarkdownReport.Of(this), cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "benchmarks.json"), JsonReport.Of(this), cancellationToken);
        if (Results.Curve.Count > 1)
            await File.WriteAllTextAsync(Path.Combine(folder, "curve.svg"), CurveSvg.Of(Results.Curve), cancellationToken);
    }
}
