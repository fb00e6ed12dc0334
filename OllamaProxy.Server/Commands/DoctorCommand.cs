using System.CommandLine;
using OllamaProxy.Configuration;
using OllamaProxy.Ollama.Backends;
using OllamaProxy.Server.Doctor;

namespace OllamaProxy.Server.Commands;

/// <summary>The command <c>doctor</c>, which checks what the server needs. It changes nothing, and a server may run meanwhile.</summary>
internal static class DoctorCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var settings = new Argument<string[]>("SETTINGS")
        {
            Description = "Settings, as the server takes them, such as --OLLAMA_URL http://gpu:11434.",
        };
        var command = new Command("doctor",
            "Check the settings, the database, its disk, Ollama, the model and the port, and change nothing.") { settings };
        command.SetAction((call, cancellationToken) =>
            RunAsync(command, CommandLine.Parse(call.GetValue(settings) ?? []), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Command command, CommandLine settings, CancellationToken cancellationToken)
    {
        if (settings.Mistakes.Count > 0)
            return await ServerCommands.RefuseAsync(command, settings.Mistakes);
        if (settings.Simulate || settings.Version)
            return await ServerCommands.RefuseAsync(command, ["doctor takes no switches, only settings."]);
        var findings = await ExamineAsync(settings.Settings, cancellationToken);
        foreach (var finding in findings)
            await Console.Out.WriteLineAsync($"{(finding.IsGood ? "OK   " : "WRONG")}  {finding.Text}");
        return findings.All(finding => finding.IsGood) ? 0 : ServerCommands.Failed;
    }

    private static async Task<IReadOnlyList<Finding>> ExamineAsync(string[] settings, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder;
        try
        {
            builder = ServerApplication.CreateBuilder(settings);
        }
        catch (InvalidSettingException exception)
        {
            // Nothing else can be looked at before they are right.
            return [.. exception.Mistakes.Select(Finding.Wrong)];
        }
        await using var app = builder.Build();
        var options = app.Services.GetRequiredService<OllamaProxyOptions>();
        return
        [
            .. SettingsCheck.Run(app.Configuration),
            await StoreCheck.RunAsync(options, cancellationToken),
            .. StoreCheck.OfDisk(options),
            .. await OllamaCheck.RunAsync(app.Services.GetRequiredService<BackendPool>(), options, cancellationToken),
            .. await PortCheck.RunAsync(ServerApplication.UrlsOf(app.Configuration), cancellationToken),
        ];
    }
}
