using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using OllamaProxy.Simulator;

namespace OllamaProxy.Tests.Simulator;

/// <summary>The Simulator as a program of its own.</summary>
public sealed class CommandLineTests : SimulatorTest
{
    [Theory]
    [InlineData("--urls http://0.0.0.0:11434", 2, "--urls cannot be 'http://0.0.0.0:11434'.")]
    [InlineData("--urls=https://localhost:1", 2, "--urls cannot be 'https://localhost:1'.")]
    [InlineData("--models=,", 2, "--models cannot be ','.")]
    [InlineData("--tokens-per-second fast", 2, "--tokens-per-second cannot be 'fast'.")]
    [InlineData("--latency=-1", 2, "--latency cannot be '-1'.")]
    [InlineData("--models one --latency", 2, "--latency needs a value.")]
    [InlineData("--speed 1", 2, "'--speed' is not an option; --help lists them.")]
    [InlineData("--urls http://127.0.0.1:{taken}", 1, "Failed to bind to address http://127.0.0.1:{taken}: ")]
    [InlineData("--urls http://[::127.0.0.1]:1", 1, "Failed to bind to address http://[::127.0.0.1]:1: ")]
    public async Task A_start_that_fails_says_why_in_one_line(string arguments, int exitCode, string beginning)
    {
        using var process = Start(Fill(arguments));
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Patience), process.StandardError.ReadToEndAsync(Patience));
        await process.WaitForExitAsync(Patience);
        Assert.Equal((exitCode, ""), (process.ExitCode, await output));
        var line = Assert.Single((await error).TrimEnd().Split('\n'));
        Assert.StartsWith(Fill(beginning), line, StringComparison.Ordinal);

        string Fill(string text) => text.Replace("{taken}", $"{Ollama.BaseAddress.Port}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_says_where_it_listens_and_how_fast_it_is()
    {
        using var process = Start("--urls http://127.0.0.1:0 --models one,two --tokens-per-second=0 --latency 0.25");
        try
        {
            var line = await process.StandardOutput.ReadLineAsync(Patience);
            var address = line!.Split(' ').Single(word => word.StartsWith("http://", StringComparison.Ordinal));
            Assert.Equal(
                $"Ollama Simulator (not a language model) on {address} with one, two: unlimited tokens/s after 0.25 s. Ctrl+C stops it.",
                    line);

            var tags = await Client.GetFromJsonAsync<JsonElement>(address + "api/tags", Patience);
            var models = tags.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("name").GetString());
            Assert.Equal(["one:latest", "two:latest"], models);
        }
        finally
        {
            process.Kill();
        }
    }

    private static Process Start(string arguments) => Process.Start(
        new ProcessStartInfo("dotnet", [typeof(OllamaSimulator).Assembly.Location, .. arguments.Split(' ')])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
