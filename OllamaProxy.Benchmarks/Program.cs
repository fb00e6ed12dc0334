using System.Diagnostics;
using System.Runtime.InteropServices;
using OllamaProxy.Benchmarks;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Benchmarks.Reports;

if (args is [SimulatorServer.Argument, ..])
    return await SimulatorServer.ServeAsync(args[1..]);
LoadGenerator.UseInlineCompletions();
if (args is [YardstickServer.Argument, ..])
    return await YardstickServer.ServeAsync(args[1..]);
if (args is [YarpServer.Argument, var port, var ollama])
    return await YarpServer.ServeAsync(port, ollama);
if (CommandLine.TryParse(args, out var error) is not { } line)
{
    await Console.Error.WriteLineAsync(error);
    return 2;
}
if (line.Help)
{
    Console.WriteLine(CommandLine.Usage);
    return 0;
}
if (line.List)
{
    foreach (var row in line.Measurements.SelectMany(measurement => measurement.Rows))
        Console.WriteLine($"{row.Name,-24}{row.Target,-16}{row.What}");
    return 0;
}

using var cancel = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
try
{
    var results = new Results(line.Rows, line.Smoke);
    var started = Stopwatch.GetTimestamp();
    await using (var bench = new Bench(line))
        foreach (var measurement in line.Measurements)
            await results.MeasureAsync(measurement, bench, cancel.Token);
    var report = new Report(Machine.Describe(), Stopwatch.GetElapsedTime(started) - results.Uncounted, results);
    await report.WriteAsync(line.OutFolder, cancel.Token);
    Console.WriteLine();
    Console.WriteLine(MarkdownReport.Of(report));
    Console.WriteLine($"The report is in {line.OutFolder}.");
    return results.HasFailed ? 1 : 0;
}
catch (OperationCanceledException) when (cancel.IsCancellationRequested)
{
    return 130;
}

void Cancel(PosixSignalContext context)
{
    // The children end when what started them is disposed of.
    context.Cancel = true;
    cancel.Cancel();
}
