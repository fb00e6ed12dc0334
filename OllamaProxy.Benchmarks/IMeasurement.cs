namespace OllamaProxy.Benchmarks;

/// <summary>Rows that are measured together.</summary>
internal interface IMeasurement
{
    IReadOnlyList<Row> Rows { get; }

    /// <summary>How long it may take before it is given up.</summary>
    TimeSpan Patience => TimeSpan.FromMinutes(5);

    /// <summary>Measures the rows that are wanted, and notes their figures.</summary>
    /// <exception cref="BenchmarkException">Those without a figure so far cannot be measured.</exception>
    Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken);
}
