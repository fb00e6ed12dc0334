using System.Globalization;
using System.Net;
using OllamaProxy.Benchmarks.Load;
using OllamaProxy.Benchmarks.Processes;
using OllamaProxy.Benchmarks.Rows;

namespace OllamaProxy.Benchmarks.Peers;

/// <summary>What a proxy costs on the same load as <see cref="CallRows"/>.</summary>
/// <param name="peer">The proxy; null: this program.</param>
internal sealed class PeerRows(Peer? peer) : IMeasurement
{
    private readonly Row _firstByte =
        Of(peer, "first-byte", "time to first byte of a streamed call, added to Ollama's, median", "ms");

    private readonly Row _rate =
        Of(peer, "64", "calls at 64 connections, as a share of those that Ollama alone answers", "%");

    private readonly Row _cpu = Of(peer, "cpu", "CPU time a call", "µs");

    public IReadOnlyList<Row> Rows => [_firstByte, _rate, _cpu];

    public async Task MeasureAsync(Bench bench, Results results, CancellationToken cancellationToken)
    {
        await using var ollama = await ServerProcess.StartAsync(SimulatorServer.Program, bench.NewFolder(), [], cancellationToken);
        if (peer is not null)
        {
            await using var process = await PeerProcess.StartAsync(peer, bench.NewFolder(), ollama.EndPoint, cancellationToken);
            await MeasureAsync(process.EndPoint, process.Id);
            return;
        }
        await using var server = await Bench.WorkAsync(bench.Server, Path.Combine(bench.NewFolder(), "queue.db"),
            $"http://{ollama.EndPoint}", CallRows.Connections, cancellationToken);
        await MeasureAsync(server.EndPoint, server.Process.Id);

        async Task MeasureAsync(IPEndPoint endPoint, int process)
        {
            using var direct = await LoadGenerator.ConnectAsync(ollama.EndPoint, CallRows.Connections, cancellationToken);
            using var through = await LoadGenerator.ConnectAsync(endPoint, CallRows.Connections, cancellationToken);
            var windows = await Side.CompareAsync(bench.Effort with { WarmUp = bench.Effort.CallLoadWarmUp }, cancellationToken,
                new(direct, CallRows.Whole), new(through, CallRows.Whole));
            results.Note(_rate, windows.Median(rates => rates[1] / rates[0]) * 100, string.Create(CultureInfo.InvariantCulture,
                $"{windows.Median(rates => rates[1]):N0}/s against {windows.Median(rates => rates[0]):N0}/s"));

            var calls = bench.Effort.CpuCalls;
            var before = PeerProcess.CpuTimeOf(process);
            await through.RunAsync(calls, CallRows.Whole, cancellationToken);
            results.Note(_cpu, (PeerProcess.CpuTimeOf(process) - before).TotalMicroseconds / calls, $"{calls:N0} calls");

            var (added, remark) = await CallRows.FirstBytesAsync(bench, ollama.EndPoint, endPoint, cancellationToken);
            results.Note(_firstByte, added, remark);
        }
    }

    private static Row Of(Peer? peer, string figure, string what, string unit) =>
        new($"peer-{peer?.Name ?? "this"}-{figure}", $"{peer?.Name ?? "Ollama Proxy"}: {what}", Target.None(unit));
}
