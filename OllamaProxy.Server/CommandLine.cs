using OllamaProxy.Configuration;
using OllamaProxy.Server.Commands;

namespace OllamaProxy.Server;

/// <summary>
/// The parsed command line. Besides the switches of this program it takes settings in the forms of .NET's configuration: <c>--name
/// value</c>, <c>--name=value</c>, <c>/name value</c> and <c>name=value</c>, in any case. Arguments that .NET would silently ignore are
/// mistakes here.
/// </summary>
/// <param name="Settings">The arguments for .NET's configuration.</param>
/// <param name="Simulate">Whether the Simulator takes the place of Ollama.</param>
/// <param name="Help">Whether to print the help and end.</param>
/// <param name="Version">Whether to print the version and end.</param>
/// <param name="Mistakes">A line for each argument that is not understood.</param>
public sealed record CommandLine(string[] Settings, bool Simulate, bool Help, bool Version, IReadOnlyList<string> Mistakes)
{
    /// <summary>Settings of .NET that are accepted; those that end in a colon are sections.</summary>
    private static readonly string[] OfDotNet =
    [
        "urls", "environment", "contentRoot", "applicationName", "shutdownTimeoutSeconds", "preferHostingUrls", "suppressStatusMessages",
        "detailedErrors", "http_ports", "https_ports", "AllowedHosts", "hostBuilder:", "Logging:", "Kestrel:", "HTTP_PROXY", "HTTPS_PROXY",
        "ALL_PROXY", "NO_PROXY",
    ];

    private static readonly string[] Switches = ["help", "version", "simulate"];

    /// <summary>What people try who know other servers.</summary>
    private static readonly Dictionary<string, string> OfOthers =
        new(StringComparer.OrdinalIgnoreCase) { ["port"] = "urls", ["host"] = "urls", ["listen"] = "urls" };

    /// <summary>Parses the command line.</summary>
    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        var (settings, mistakes, switches) = (new List<string>(), new List<string>(), new HashSet<string>());
        for (var next = 0; next < args.Count; next++)
        {
            var arg = args[next];
            var (prefix, name, value) = Split(arg);
            if (arg is "--" or "")
                continue;
            if (value is null && SwitchOf(prefix, name) is { } known)
                switches.Add(known);
            else if (value is not null && prefix.Length > 0 && Switches.Contains(name, StringComparer.OrdinalIgnoreCase))
                mistakes.Add($"{prefix}{name} takes no value.");
            else if (!IsSetting(prefix, name) || (value is null && prefix.Length == 0))
            {
                mistakes.Add(Unknown(prefix, name));
                if (value is null && prefix.Length > 0 && next + 1 < args.Count && !args[next + 1].StartsWith('-'))
                    next++; // Its value.
            }
            else if (value is null && (next + 1 == args.Count || args[next + 1].StartsWith("--", StringComparison.Ordinal)))
                mistakes.Add($"{arg} needs a value.");
            else
                settings.AddRange(value is null ? [arg, args[++next]] : [arg]);
        }
        return new([.. settings], switches.Contains("simulate"), switches.Contains("help"), switches.Contains("version"), mistakes);
    }

    /// <summary>The text that <c>--help</c> prints.</summary>
    public static string HelpText => $"""
        Ollama Proxy: a durable queue in front of Ollama.

        Usage: {ServerCommands.ProgramName} [switches] [--SETTING value ...]
               {ServerCommands.ProgramName} COMMAND ...

          --simulate            use a simulated Ollama, which has no model
          --urls http://...     where to listen (default {ServerApplication.DefaultUrls})
          --help                print this
          --version             print the version

        Commands; COMMAND --help tells more:

        {string.Join('\n', ServerCommands.All.Select(command => $"  {command.Name,-10} {FirstSentenceOf(command.Description!)}"))}

        Settings, in the environment or here (as --OLLAMA_MODEL tiny), with their defaults:

        {string.Join('\n', KnownSettings.All.Select(LineOf))}

        Settings of .NET are accepted as well, such as --Logging:LogLevel:Default Debug, or Logging__Console__FormatterName=json in the
        environment. See docs/configuration.md.
        """;

    private static string LineOf(KnownSetting setting) =>
        $"  {setting.Name.PadRight(KnownSettings.All.Max(each => each.Name.Length))} {setting.Meaning} ({setting.Default})";

    private static string FirstSentenceOf(string text) => text.Split(". ")[0].TrimEnd('.');

    private static (string Prefix, string Name, string? Value) Split(string arg)
    {
        var prefix = arg.StartsWith("--", StringComparison.Ordinal) ? "--" : arg is ['-' or '/', ..] ? arg[..1] : "";
        var parts = arg[prefix.Length..].Split('=', 2);
        return (prefix, parts[0], parts.ElementAtOrDefault(1));
    }

    private static string? SwitchOf(string prefix, string name) => (prefix, name.ToUpperInvariant()) switch
    {
        ("--" or "/", "HELP") or ("-" or "/", "H" or "?") => "help",
        ("--", "VERSION") => "version",
        ("--", "SIMULATE") => "simulate",
        _ => null,
    };

    private static bool IsSetting(string prefix, string name) => prefix != "-" && (
        KnownSettings.IsKnown(name)
        || OfDotNet.Contains(name, StringComparer.OrdinalIgnoreCase)
        || OfDotNet.Any(known => known.EndsWith(':') && name.StartsWith(known, StringComparison.OrdinalIgnoreCase)));

    private static string Unknown(string prefix, string name)
    {
        var commands = ServerCommands.All.Select(command => command.Name).ToList();
        if (prefix.Length == 0 && commands.Contains(name))
            return $"The command {name} must come first.";
        // Environment variables have __ for a colon.
        var spelt = name.Replace("__", ":", StringComparison.Ordinal);
        var meant = Switches.Contains(name, StringComparer.OrdinalIgnoreCase) || (spelt != name && IsSetting("--", spelt)) ? spelt
            : OfOthers.GetValueOrDefault(name) ?? Spelling.Nearest(name, [.. Switches, .. OfDotNet]) ?? KnownSettings.Meant(name)
            ?? KnownSettings.WithoutPrefix(name);
        var suggestion = meant is not null ? $"--{meant.TrimEnd(':')}" : NearestOf(commands, name);
        return $"{prefix}{name} is not known.{(suggestion is null ? "" : $" Did you mean {suggestion}?")}";
    }

    private static string? NearestOf(IReadOnlyList<string> commands, string name) =>
        commands.FirstOrDefault(command => command.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? Spelling.Nearest(name, commands);
}
