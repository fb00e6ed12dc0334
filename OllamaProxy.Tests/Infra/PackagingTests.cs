using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using OllamaProxy.Server;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Infra;

/// <summary>The container, the compose files and the systemd unit: how they fit to the program, and to each other.</summary>
public sealed partial class PackagingTests
{
    private const string Analyzer = "/usr/bin/systemd-analyze";

    private static readonly string Unit = File.ReadAllText(Repository.File("packaging/ollama-proxy.service"));
    private static readonly string Compose = File.ReadAllText(Repository.File("compose.yaml"));
    private static readonly XElement Project = XElement.Load(Repository.File("OllamaProxy.Server/OllamaProxy.Server.csproj"));

    [Fact]
    public void The_container_has_the_name_the_port_and_the_folder_that_the_compose_file_expects()
    {
        Assert.Contains($"image: {Value("ContainerRepository")}\n", Compose, StringComparison.Ordinal);
        Assert.Contains("- data:/data\n", Compose, StringComparison.Ordinal);
        Assert.StartsWith("/data/", Variable("OLLAMA_PROXY_DB"), StringComparison.Ordinal);
        var port = Project.Descendants("ContainerPort").Single().Attribute("Include")!.Value;
        Assert.Contains($":{port}\n", Compose, StringComparison.Ordinal);
        Assert.EndsWith($":{port}", ServerApplication.DefaultUrls, StringComparison.Ordinal);
    }

    [Fact]
    public void The_files_that_the_compose_files_name_are_there()
    {
        var files = HostFile().Matches(File.ReadAllText(Repository.File("compose.postgres.yaml"))).ToList();
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.True(File.Exists(Repository.File(file.Groups["path"].Value)), file.Value));
    }

    [Fact]
    public void What_the_image_sets_is_a_setting()
    {
        using var folder = new TempFolder();
        var arguments = Project.Descendants("ContainerEnvironmentVariable").Select(variable => variable.Attribute("Include")!.Value)
            .Where(name => name.StartsWith("OLLAMA", StringComparison.Ordinal)).Select(name => $"--{name}={folder.File("x")}");
        Assert.Empty(CommandLine.Parse([.. arguments]).Mistakes);
    }

    [Fact]
    public void The_unit_sets_what_is_a_setting_and_writes_only_where_it_may()
    {
        var settings = EnvironmentLine().Matches(Unit).Select(line => line.Groups["setting"].Value).ToList();
        Assert.NotEmpty(settings);
        Assert.Empty(CommandLine.Parse(
            [.. settings.Select(setting => "--" + setting.Replace("__", ":", StringComparison.Ordinal))]).Mistakes);
        Assert.Contains("OLLAMA_PROXY_DB=/var/lib/ollama-proxy/queue.db", settings);
        Assert.Contains("StateDirectory=ollama-proxy\n", Unit, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task The_unit_is_one_that_systemd_understands_and_finds_safe()
    {
        if (!File.Exists(Analyzer))
            return;
        using var folder = new TempFolder();
        // The program and its user are not there.
        var unit = folder.File("ollama-proxy.service");
        await File.WriteAllTextAsync(unit, Program().Replace(Unit, "ExecStart=/bin/true").Replace("User=ollama-proxy", "User=daemon",
            StringComparison.Ordinal));
        var (exitCode, output) = await RunAsync("verify", unit);
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("ollama-proxy", output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("security", "--offline=true", "--no-pager", "--threshold=25", unit)).ExitCode);
    }

    private static string Value(string property) => Project.Descendants(property).Single().Value;

    private static string Variable(string name) =>
        Project.Descendants("ContainerEnvironmentVariable").Single(variable => variable.Attribute("Include")!.Value == name)
            .Attribute("Value")!.Value;

    private static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Analyzer, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(output).Trim());
    }

    [GeneratedRegex("^    file: (?<path>.+)$", RegexOptions.Multiline)]
    private static partial Regex HostFile();

    [GeneratedRegex("^ExecStart=.*$", RegexOptions.Multiline)]
    private static partial Regex Program();

    [GeneratedRegex("^Environment=(?<setting>.+)$", RegexOptions.Multiline)]
    private static partial Regex EnvironmentLine();
}
