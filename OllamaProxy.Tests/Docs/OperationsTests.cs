using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using OllamaProxy.Configuration;
using OllamaProxy.Functions;
using OllamaProxy.Server;
using OllamaProxy.Tests.Support;

namespace OllamaProxy.Tests.Docs;

/// <summary>docs/operations.md tells of every line of the log that an operator may have to do something about.</summary>
public sealed partial class OperationsTests
{
    private static readonly string Page = File.ReadAllText(Repository.File("docs/operations.md"));

    [Fact]
    public void Each_warning_and_error_of_the_log_has_a_row_and_each_row_is_one_of_them()
    {
        var events = new[] { typeof(OllamaProxyOptions), typeof(ServerApplication), typeof(PromptTriggers) }
            .SelectMany(type => type.Assembly.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>()
            .Where(message => message.Level >= LogLevel.Warning)
            .Select(message => (message.EventId, message.Level.ToString().ToLowerInvariant()));
        var rows = Row().Matches(Page)
            .Select(row => (int.Parse(row.Groups["id"].Value, CultureInfo.InvariantCulture), row.Groups["level"].Value));
        Assert.Equal(events.Order(), rows.Order());
    }

    [GeneratedRegex(@"^\| (?<id>\d+) \| (?<level>\w+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
