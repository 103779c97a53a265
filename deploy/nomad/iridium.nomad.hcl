# An agent on each of three clients. Before: the image (deploy/container/Containerfile), and the key of the cluster:
#   iridium keygen --out cluster.key
#   nomad var put nomad/jobs/iridium cluster_key=@cluster.key
#   nomad job run iridium.nomad.hcl
job "iridium" {
  type = "service"

  # One after the other: each has left its cluster before the next one is stopped.
  update {
    max_parallel     = 1
    min_healthy_time = "10s"
  }

  group "agent" {
    count = 3

    constraint {
      distinct_hosts = true
    }

    network {
      mode = "host"
      port "gossip" {
        static = 2254
      }
    }

    # What the seeds below are read from. TCP and UDP have one number.
    service {
      name     = "iridium"
      provider = "nomad"
      port     = "gossip"

      check {
        type     = "tcp"
        interval = "10s"
        timeout  = "2s"
      }
    }

    # Identity and incarnation stay where the agent was.
    ephemeral_disk {
      sticky = true
      size   = 64
    }

    task "agent" {
      driver = "docker"
      user   = "2254:2254"

      # The farewell takes a second.
      kill_timeout = "6s"

      config {
        image        = "iridium"
        network_mode = "host"
        args         = ["agent", "--json"]
        cap_drop     = ["all"]
      }

      env {
        IRIDIUM_NAME          = "${node.unique.name}"
        IRIDIUM_BIND          = "${NOMAD_ADDR_gossip}"
        IRIDIUM_DATA_ROOT_DIR = "${NOMAD_ALLOC_DIR}/data/iridium"
        IRIDIUM_KEY_FILE      = "${NOMAD_SECRETS_DIR}/cluster.key"
        IRIDIUM_SEED          = "file:${NOMAD_TASK_DIR}/seeds"
      }

      template {
        destination = "secrets/cluster.key"
        perms       = "0600"
        uid         = 2254
        gid         = 2254
        change_mode = "noop"
        data        = "{{ with nomadVar \"nomad/jobs/iridium\" }}{{ .cluster_key }}{{ end }}"
      }

      # The agent reads the file again by itself.
      template {
        destination = "local/seeds"
        change_mode = "noop"
        data        = "{{ range nomadService \"iridium\" }}{{ .Address }}:{{ .Port }}\n{{ end }}"
      }

      resources {
        cpu    = 50
        memory = 128
      }
    }
  }
}
