using System.Runtime.InteropServices;

namespace OllamaProxy.Benchmarks.Reports;

/// <summary>What the figures were measured on, and when.</summary>
internal sealed record Machine(int Cores, string Cpu, string System, string Runtime, DateTimeOffset Date)
{
    public static Machine Describe() => new(
        Environment.ProcessorCount,
        FromFile("/proc/cpuinfo", "model name", ':') ?? RuntimeInformation.ProcessArchitecture.ToString(),
        FromFile("/etc/os-release", "PRETTY_NAME", '=') ?? RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        DateTimeOffset.UtcNow);

    public override string ToString() => $"{Cores} cores ({Cpu}), {System}, {Runtime}, {Date:yyyy-MM-dd HH:mm} UTC";

    private static string? FromFile(string path, string name, char separator) => !File.Exists(path) ? null : File.ReadLines(path)
        .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(separator, 2)[^1].Trim().Trim('"');
}
